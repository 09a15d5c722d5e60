/**
 * Kafka coordinator: "there is none" -> the broker's own reason, where it was a refusal.
 *
 * kafkajs 2.2.4 forgets why a broker did not name the coordinator of a group, so that who may not
 * know it would be kept trying. It notes the reason down, at its finest level; so another client
 * asks once more, and is listened to.
 */
import type { Kafka, KafkaConfig, LogEntry } from "kafkajs";
import { partsOf } from "./outside.ts";

/** Observed: the words with which kafkajs 2.2.4 notes the reason. */
const noted = "Tried to find group coordinator";

/** Whether kafkajs has found no coordinator, for whatever reason. */
export function hasNoCoordinator(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "KafkaJSGroupCoordinatorNotFound") return true;
  return [...partsOf(error), error.cause].some(hasNoCoordinator);
}

/**
 * Why a broker did not name a group's coordinator; undefined if it did, or nobody answered.
 * @param open a client like the one that was told nothing, with this in its settings
 */
export async function whyNoCoordinator(
  open: (config: Partial<KafkaConfig>) => Kafka,
  groupId: string,
): Promise<Error | undefined> {
  const { logLevel: { DEBUG: logLevel } } = await import("kafkajs");
  let reason: Error | undefined;
  const listen = ({ log }: LogEntry) => {
    if (log.message === noted && log["error"] instanceof Error) reason = log["error"];
  };
  const admin = open({ logLevel, logCreator: () => listen }).admin();
  try {
    await admin.connect();
    await admin.describeGroups([groupId]);
  } catch {
    // That it fails is why it is asked.
  } finally {
    await admin.disconnect();
  }
  return reason;
}
