/** Endpoint lines: the settings of a simulated cloud -> what a person is told of it. */
type Settings = Readonly<Record<string, string>>;
type IamMode = "enforce" | "log" | "off";

const words: Readonly<Record<IamMode, string>> = {
  enforce: "IAM decides",
  log: "IAM only says what it would refuse",
  off: "every known key may do everything",
};

/** What asks nobody who he is; the proxy does not on AWS either, but stands behind a firewall. */
function openDoors({ GATEWAY_AUTH, KAFKA_AUTH }: Settings): string[] {
  return [
    ...GATEWAY_AUTH === "none" ? ["the gateway"] : [],
    ...KAFKA_AUTH === "none" ? ["Kafka"] : [],
    "the REST proxy",
  ];
}

/** Where the parts of the simulated cloud are, for a person; passwords are in the file alone. */
export function endpointLines(settings: Settings, file: string, iam: IamMode): string {
  const { MYSQL_HOST, MYSQL_TCP_PORT, KAFKA_BROKERS, GATEWAY_URL, AWS_ENDPOINT_URL_S3 } = settings;
  const { AWS_ENDPOINT_URL_KINESIS } = settings;
  return `Simulated cloud  MySQL ${MYSQL_HOST}:${MYSQL_TCP_PORT}  Kafka ${KAFKA_BROKERS}  ` +
    `Kinesis ${AWS_ENDPOINT_URL_KINESIS}  gateway ${GATEWAY_URL}  S3 ${AWS_ENDPOINT_URL_S3}\n` +
    `Identity         ${words[iam]}; open to everybody: ${openDoors(settings).join(", ")}\n` +
    `Other programs   . ${file}`;
}

/** What a person who stays with a simulator wants besides: the rest of it, and how to make more. */
export function moreLines(settings: Settings): string {
  const { KAFKA_BROKERS, KAFKA_REST_URL, DATABRICKS_HOST } = settings;
  const { AWS_ENDPOINT_URL_IAM, AWS_ENDPOINT_URL_STS } = settings;
  return `  (with keys and passwords, which --print-env prints)
Also             Kafka REST ${KAFKA_REST_URL}  Databricks ${DATABRICKS_HOST}  IAM ${AWS_ENDPOINT_URL_IAM}  STS ${AWS_ENDPOINT_URL_STS}
More people      aws iam create-user --user-name NAME (the keys in the file are an administrator's)
More topics      kafka-topics.sh --bootstrap-server ${KAFKA_BROKERS} --create --topic NAME
More streams     aws kinesis create-stream --stream-name NAME --stream-mode-details StreamMode=ON_DEMAND
The simulator runs until Ctrl-C.`;
}
