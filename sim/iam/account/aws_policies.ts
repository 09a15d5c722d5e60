/**
 * Policies that AWS manages: the ones that people attach in exercises, in a short form of ours.
 *
 * They allow what is simulated here and belongs to them; statements about other services would
 * decide nothing. Source: AWS managed policy reference, for names, ARNs and what each is for.
 *
 * Left out: all others; job functions (DatabaseAdministrator, …) and the policies of single
 * services' roles, because nothing simulated here takes them on; old versions, only the default is
 * here.
 */
import type { ManagedPolicy } from "./model.ts";

interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Action?: string | string[];
  NotAction?: string | string[];
  Resource: string | string[];
}

function allow(...actions: string[]): Statement {
  return { Effect: "Allow", Action: actions, Resource: "*" };
}

/** By name, with the path where it is not `/`. */
const statements: Readonly<Record<string, readonly Statement[]>> = {
  AdministratorAccess: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  PowerUserAccess: [
    { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" },
    allow("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"),
  ],
  ReadOnlyAccess: [
    allow("s3:Get*", "s3:List*"),
    allow("kinesis:Describe*", "kinesis:Get*", "kinesis:List*"),
    allow("kafka:Describe*", "kafka:Get*", "kafka:List*"),
    allow("kafka-cluster:Describe*", "kafka-cluster:Get*", "kafka-cluster:List*"),
    allow("iam:Generate*", "iam:Get*", "iam:List*", "iam:Simulate*"),
    allow("sts:GetAccessKeyInfo", "sts:GetCallerIdentity", "sts:GetSessionToken"),
    allow("apigateway:GET", "rds:Describe*", "rds:List*", "airflow:Get*", "airflow:List*"),
  ],
  AmazonS3FullAccess: [allow("s3:*", "s3-object-lambda:*")],
  AmazonS3ReadOnlyAccess: [
    allow("s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"),
  ],
  AmazonKinesisFullAccess: [allow("kinesis:*")],
  AmazonKinesisReadOnlyAccess: [allow("kinesis:Get*", "kinesis:List*", "kinesis:Describe*")],
  AmazonAPIGatewayInvokeFullAccess: [{
    Effect: "Allow",
    Action: ["execute-api:Invoke", "execute-api:ManageConnections"],
    Resource: "arn:aws:execute-api:*:*:*",
  }],
  IAMFullAccess: [allow("iam:*")],
  IAMReadOnlyAccess: [
    allow("iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "iam:Simulate*"),
  ],
};

/** Observed: when AWS made most of them. */
const madeMs = Date.UTC(2015, 1, 6, 18, 39, 46);

function made(name: string, index: number): ManagedPolicy {
  const Statement = statements[name];
  const text = JSON.stringify({ Version: "2012-10-17", Statement }, null, 4);
  return {
    name,
    path: "/",
    // Assumed: clients only show it.
    id: `ANPAAWSMANAGED${String(index).padStart(7, "A")}`,
    arn: `arn:aws:iam::aws:policy/${name}`,
    createdMs: madeMs,
    updatedMs: madeMs,
    tags: new Map(),
    description: null,
    versions: [{ id: "v1", text, createdMs: madeMs }],
    defaultVersion: "v1",
    nextVersion: 2,
  };
}

/** By ARN. Nobody writes into them. */
export const awsPolicies: ReadonlyMap<string, ManagedPolicy> = new Map(
  Object.keys(statements).map(made).map((policy) => [policy.arn, policy]),
);

export const administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess";
