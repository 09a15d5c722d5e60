/**
 * Bundle: names -> databricks.yml, a Declarative Automation Bundle with the two pipelines as jobs.
 *
 * The batch job cleans the three tables side by side on a SQL warehouse, then answers; the
 * stream job follows the streams on a cluster of its own, one run at a time. Where they run and
 * as whom is not said here: the command line's profile and its `--var` do.
 *
 * Source: Databricks documentation, "Declarative Automation Bundles configuration" and the Jobs
 * API 2.2.
 */
import { stringify } from "yaml";
import { type TableName, tableNames } from "../../tables.ts";
import { origin } from "./batch_notebook.ts";

export interface BundleOptions {
  id: string;
  bucket: string;
  region: string;
}

/** Paths of the notebooks beside databricks.yml. */
export const notebookPaths = {
  batch: "notebooks/batch.sql",
  clean: (table: TableName) => `notebooks/clean_${table}.sql`,
  questions: "notebooks/questions.sql",
  stream: "notebooks/stream.py",
};

export function bundleFile(options: BundleOptions): string {
  const bundle = {
    bundle: { name: `pinterest-${options.id}` },
    variables: variables(options),
    resources: { jobs: { pinterest_batch: batchJob(), pinterest_stream: streamJob() } },
    targets: {
      dev: { mode: "development", default: true },
      // A production bundle needs one folder for everybody who deploys it.
      prod: {
        mode: "production",
        workspace: { root_path: "/Workspace/Shared/.bundle/${bundle.name}/${bundle.target}" },
      },
    },
  };
  return `# ${origin}
#
#   databricks bundle validate --var warehouse_id=<id>
#   databricks bundle deploy -t dev --var warehouse_id=<id>
#   databricks bundle run pinterest_batch
${stringify(bundle, { lineWidth: 100 })}`;
}

function variables({ bucket, region }: BundleOptions) {
  return {
    catalog: { description: "Catalog of the tables; it must be there", default: "main" },
    schema: { description: "Schema of the tables, made if missing", default: "pinterest" },
    warehouse_id: { description: "SQL warehouse that the batch job runs on" },
    region: { description: "Region of the Kinesis streams", default: region },
    credential: {
      description: "Service credential that may read the streams; empty: the cluster's own role",
      default: "",
    },
    checkpoints: {
      description: "Folder for one checkpoint per stream",
      default: `s3://${bucket}/checkpoints/databricks`,
    },
    spark_version: { description: "Runtime of the stream's cluster", default: "17.3.x-scala2.13" },
    node_type_id: { description: "Machine of the stream's cluster", default: "m5d.large" },
  };
}

const places = ["catalog", "schema"];

function batchJob() {
  const cleans = tableNames.map((table) => ({
    task_key: `clean_${table}`,
    notebook_task: sqlNotebook(notebookPaths.clean(table)),
    max_retries: 1,
  }));
  return {
    name: "pinterest-batch",
    max_concurrent_runs: 1,
    parameters: parameters(places),
    tasks: [...cleans, {
      task_key: "questions",
      depends_on: cleans.map(({ task_key }) => ({ task_key })),
      notebook_task: sqlNotebook(notebookPaths.questions),
      max_retries: 1,
    }],
  };
}

function streamJob() {
  return {
    name: "pinterest-stream",
    max_concurrent_runs: 1,
    // Deployed, but started by a person.
    continuous: { pause_status: "PAUSED" },
    parameters: parameters([...places, "checkpoints", "region", "credential"]),
    tasks: [{
      task_key: "stream",
      job_cluster_key: "stream",
      notebook_task: { notebook_path: `./${notebookPaths.stream}`, source: "WORKSPACE" },
    }],
    job_clusters: [{
      job_cluster_key: "stream",
      new_cluster: {
        spark_version: "${var.spark_version}",
        node_type_id: "${var.node_type_id}",
        num_workers: 1,
        data_security_mode: "SINGLE_USER",
      },
    }],
  };
}

function sqlNotebook(path: string) {
  return {
    notebook_path: `./${path}`,
    source: "WORKSPACE",
    warehouse_id: "${var.warehouse_id}",
  };
}

/** A job's parameters reach every notebook in it under their names. */
function parameters(names: readonly string[]) {
  return names.map((name) => ({ name, default: `\${var.${name}}` }));
}
