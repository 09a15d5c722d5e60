/** Overrides: flags that stand in place of one setting each -> those settings. */
import type { Settings } from "../target.ts";
import type { BatchFlags, StreamFlags } from "./program.ts";

/** @param mysqlUrl what `--source` names, if that is a server */
export function overrides(flags: BatchFlags | StreamFlags, mysqlUrl?: string): Settings {
  const own: Settings = {
    AWS_REGION: flags.region,
    GATEWAY_URL: flags.gatewayUrl,
    KAFKA_BROKERS: flags.kafkaBrokers,
    KAFKA_AUTH: flags.kafkaAuth,
    AWS_ENDPOINT_URL_S3: flags.s3Endpoint,
    AWS_ENDPOINT_URL_KINESIS: flags.kinesisEndpoint,
    S3_BUCKET: flags.bucket,
    ...("engine" in flags ? databricksOverrides(flags) : {}),
    MYSQL_URL: mysqlUrl,
  };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

function databricksOverrides(flags: BatchFlags): Settings {
  return {
    DATABRICKS_HOST: flags.databricksHost,
    DATABRICKS_WAREHOUSE_ID: flags.databricksWarehouse,
    DATABRICKS_CATALOG: flags.databricksCatalog,
    DATABRICKS_SCHEMA: flags.databricksSchema,
  };
}
