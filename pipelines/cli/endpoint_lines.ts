/** Endpoint lines: the settings of a simulated cloud -> what a person is told of it. */
type Settings = Readonly<Record<string, string>>;

/** Where the parts of the simulated cloud are, for a person; passwords are in the file alone. */
export function endpointLines(settings: Settings, file: string): string {
  const { MYSQL_HOST, MYSQL_TCP_PORT, KAFKA_BROKERS, GATEWAY_URL, AWS_ENDPOINT_URL_S3 } = settings;
  const { AWS_ENDPOINT_URL_KINESIS } = settings;
  return `Simulated cloud  MySQL ${MYSQL_HOST}:${MYSQL_TCP_PORT}  Kafka ${KAFKA_BROKERS}  ` +
    `Kinesis ${AWS_ENDPOINT_URL_KINESIS}  gateway ${GATEWAY_URL}  S3 ${AWS_ENDPOINT_URL_S3}\n` +
    `Other programs   . ${file}`;
}

/** What a person who stays with a simulator wants besides: the rest of it, and how to make more. */
export function moreLines(settings: Settings): string {
  const { KAFKA_BROKERS, KAFKA_REST_URL, DATABRICKS_HOST } = settings;
  return `  (with keys and passwords, which --print-env prints)
Also             Kafka REST ${KAFKA_REST_URL}  Databricks ${DATABRICKS_HOST}
More topics      kafka-topics.sh --bootstrap-server ${KAFKA_BROKERS} --create --topic NAME
More streams     aws kinesis create-stream --stream-name NAME --stream-mode-details StreamMode=ON_DEMAND
The simulator runs until Ctrl-C.`;
}
