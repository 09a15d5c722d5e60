/**
 * Cluster: the broker as AWS knows it: its ARN, those of what is in it, and who decides.
 *
 *   arn:aws:kafka:<region>:<account>:{cluster|topic|group|transactional-id}/<cluster>/<uuid>[/<name>]
 *
 * Source: Amazon MSK developer guide, "Semantics of IAM authorization policy actions and resources".
 */
import type { Context } from "../iam/policy/types.ts";
import { type Door, openDoor } from "../iam/door.ts";

export type ResourceType = "cluster" | "topic" | "group" | "transactional-id";

export interface ClusterFields {
  region: string;
  accountId: string;
  name: string;
  /** MSK's form: a UUID and a number behind it. */
  uuid: string;
  /** Default: one that knows no key. */
  door?: Door | undefined;
}

export class Cluster {
  readonly region: string;
  readonly door: Door;
  readonly arn: string;
  readonly #prefix: string;
  readonly #suffix: string;

  constructor({ region, accountId, name, uuid, door }: ClusterFields) {
    this.region = region;
    this.door = door ?? openDoor([]);
    this.#prefix = `arn:aws:kafka:${region}:${accountId}:`;
    this.#suffix = `/${name}/${uuid}`;
    this.arn = this.arnOf("cluster", "");
  }

  /** The name of a cluster is its own, and is not given again. */
  arnOf(type: ResourceType, name: string): string {
    const cluster = `${this.#prefix}${type}${this.#suffix}`;
    return type === "cluster" ? cluster : `${cluster}/${name}`;
  }
}

/** What conditions of policies may ask for, where the account's own view is not enough. */
export function contextOf({ isTls }: { isTls: boolean }): Context {
  return isTls ? { "aws:securetransport": "true" } : {};
}

/** 32 hex digits in the groups of a UUID. */
export function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
