/**
 * Every API in every version that kafkajs 2.2.4 has: its encoder writes the request, its decoder
 * reads our answer.
 */
import assert from "node:assert/strict";
import encodeRequest from "kafkajs/src/protocol/request.js";
import { requests } from "kafkajs/src/protocol/requests/index.js";
import type { Broker } from "../../../sim/kafka/broker.ts";
import { answerTo } from "../../../sim/kafka/requests.ts";
import { encodeRecordBatch } from "../../../sim/storage/record_batch.ts";
import { apis } from "../../../sim/kafka/apis/mod.ts";
import { withBroker } from "./apis/golden.ts";
import { listenersOf } from "../../../sim/kafka/listeners.ts";
import { newSession } from "../../../sim/kafka/session.ts";

interface Definition {
  versions: string[];
  protocol(options: { version: number }): (args: unknown) => {
    request: { apiKey: number };
    response: { decode(bytes: unknown): Promise<unknown>; parse(data: unknown): Promise<unknown> };
  };
}

interface Conversation {
  args: unknown;
  prepare?: (broker: Broker) => void | Promise<void>;
  /** A part of what kafkajs must have understood. */
  expected: (version: number) => unknown;
}

const topics = [{ topic: "t", partitions: [{ partition: 0 }] }];
const createTopic = (broker: Broker) => {
  broker.topics.create("t", 1, broker.topicConfig());
};
const fill = (broker: Broker) => {
  createTopic(broker);
  const records = [{ key: null, value: new TextEncoder().encode("v"), timestampMs: 5 }];
  broker.topics.partition("t", 0)?.append(encodeRecordBatch(records, { timestampMs: 5 }));
};
const joined = async (broker: Broker) => {
  createTopic(broker);
  await broker.coordinator.join({
    groupId: "grp",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: "",
    groupInstanceId: null,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: new TextEncoder().encode("meta") }],
    clientId: "c",
    clientHost: "/127.0.0.1",
    requiresMemberId: false,
    canSkipAssignment: false,
  });
};
/** The member of `joined`: ids come from the seed. */
const memberIn = ({ coordinator }: Broker) => [...coordinator.get("grp")?.members.keys() ?? []][0];
const member = { groupId: "grp", groupGenerationId: 1, generationId: 1 };

const conversations: Record<string, Conversation> = {
  ApiVersions: {
    args: {},
    expected: () => ({ errorCode: 0, apiVersions: { length: apis.size } }),
  },
  Metadata: {
    args: { topics: ["t"], allowAutoTopicCreation: false },
    prepare: createTopic,
    expected: (version) => ({
      brokers: [{ nodeId: 1, host: "127.0.0.1", port: 9092 }],
      ...(version >= 1 ? { controllerId: 1 } : {}),
      topicMetadata: [
        {
          topicErrorCode: 0,
          topic: "t",
          partitionMetadata: [{ partitionId: 0, leader: 1, replicas: [1], isr: [1] }],
        },
      ],
    }),
  },
  Produce: {
    args: {
      acks: -1,
      timeout: 1000,
      topicData: [{ topic: "t", partitions: [{ partition: 0, messages: [{ value: "v" }] }] }],
    },
    prepare: fill,
    expected: () => ({
      topics: [{ topicName: "t", partitions: [{ partition: 0, errorCode: 0, baseOffset: "1" }] }],
    }),
  },
  Fetch: {
    args: {
      maxWaitTime: 0,
      minBytes: 1,
      maxBytes: 1000,
      rackId: "",
      isolationLevel: 1,
      topics: [{ topic: "t", partitions: [{ partition: 0, fetchOffset: 0, maxBytes: 1000 }] }],
    },
    prepare: fill,
    expected: () => ({
      responses: [{
        topicName: "t",
        partitions: [{
          partition: 0,
          errorCode: 0,
          highWatermark: "1",
          messages: [{ offset: "0", timestamp: "5" }],
        }],
      }],
    }),
  },
  ListOffsets: {
    args: { topics: [{ topic: "t", partitions: [{ partition: 0, timestamp: 5 }] }] },
    prepare: fill,
    expected: () => ({
      responses: [{ topic: "t", partitions: [{ partition: 0, errorCode: 0, offset: "0" }] }],
    }),
  },
  OffsetCommit: {
    args: {
      groupId: "grp",
      groupGenerationId: -1,
      memberId: "",
      topics: [{ topic: "t", partitions: [{ partition: 0, offset: "1", metadata: "note" }] }],
    },
    prepare: createTopic,
    expected: () => ({ responses: [{ topic: "t", partitions: [{ partition: 0, errorCode: 0 }] }] }),
  },
  OffsetFetch: {
    args: { groupId: "grp", topics },
    prepare: ({ coordinator }) => {
      const commit = { topic: "t", partition: 0, offset: 7n, leaderEpoch: -1, metadata: "note" };
      coordinator.offsets.commit("grp", [commit]);
    },
    expected: () => ({
      responses: [{ topic: "t", partitions: [{ partition: 0, offset: "7", metadata: "note" }] }],
    }),
  },
  GroupCoordinator: {
    args: { groupId: "grp" },
    expected: () => ({ errorCode: 0, coordinator: { nodeId: 1, host: "127.0.0.1", port: 9092 } }),
  },
  JoinGroup: {
    args: {
      groupId: "new",
      sessionTimeout: 10_000,
      rebalanceTimeout: 10_000,
      memberId: "",
      groupInstanceId: "i",
      protocolType: "consumer",
      groupProtocols: [{ name: "range", metadata: Buffer.from("meta") }],
    },
    // From v5 on it has a static name; the v4 newcomer is given its id first.
    expected: (version) =>
      version === 4 ? { errorCode: 79 } : { errorCode: 0, generationId: 1, groupProtocol: "range" },
  },
  Heartbeat: { args: member, prepare: joined, expected: () => ({ errorCode: 0 }) },
  SyncGroup: {
    args: member,
    prepare: joined,
    expected: () => ({ errorCode: 0, memberAssignment: { length: 4 } }),
  },
  LeaveGroup: { args: member, prepare: joined, expected: () => ({ errorCode: 0 }) },
  DescribeGroups: {
    args: { groupIds: ["grp"] },
    prepare: joined,
    expected: () => ({
      groups: [{
        errorCode: 0,
        groupId: "grp",
        state: "CompletingRebalance",
        members: { length: 1 },
      }],
    }),
  },
  ListGroups: {
    args: {},
    prepare: joined,
    expected: () => ({ errorCode: 0, groups: [{ groupId: "grp", protocolType: "consumer" }] }),
  },
  DeleteGroups: {
    args: ["grp"],
    prepare: ({ coordinator }) => {
      const nobody = { groupId: "grp", memberId: "", generationId: -1, groupInstanceId: null };
      coordinator.commitProblem(nobody);
    },
    expected: () => ({ results: [{ groupId: "grp", errorCode: 0 }] }),
  },
  CreateTopics: {
    args: {
      timeout: 1000,
      validateOnly: false,
      topics: [{
        topic: "new",
        numPartitions: 2,
        replicationFactor: 1,
        configEntries: [{ name: "retention.ms", value: "5" }],
      }],
    },
    expected: () => ({ topicErrors: [{ topic: "new", errorCode: 0 }] }),
  },
  DeleteTopics: {
    args: { topics: ["t"], timeout: 1000 },
    prepare: createTopic,
    expected: () => ({ topicErrors: [{ topic: "t", errorCode: 0 }] }),
  },
  DeleteRecords: {
    args: { topics: [{ topic: "t", partitions: [{ partition: 0, offset: "1" }] }], timeout: 1000 },
    prepare: fill,
    expected: () => ({
      topics: [{ topic: "t", partitions: [{ partition: 0, lowWatermark: 1n, errorCode: 0 }] }],
    }),
  },
  CreatePartitions: {
    args: { topicPartitions: [{ topic: "t", count: 3 }], timeout: 1000, validateOnly: false },
    prepare: createTopic,
    expected: () => ({ topicErrors: [{ topic: "t", errorCode: 0 }] }),
  },
  DescribeConfigs: {
    args: {
      includeSynonyms: false,
      resources: [{ type: 2, name: "t", configNames: ["retention.ms"] }],
    },
    prepare: createTopic,
    expected: () => ({
      resources: [{
        errorCode: 0,
        resourceName: "t",
        configEntries: [{ configName: "retention.ms", configValue: "604800000" }],
      }],
    }),
  },
  AlterConfigs: {
    args: {
      validateOnly: false,
      resources: [{ type: 2, name: "t", configEntries: [{ name: "retention.ms", value: "5" }] }],
    },
    prepare: createTopic,
    expected: () => ({ resources: [{ errorCode: 0, resourceName: "t" }] }),
  },
  InitProducerId: {
    args: { transactionalId: null },
    expected: () => ({ errorCode: 0, producerId: "0", producerEpoch: 0 }),
  },
  SaslHandshake: {
    args: { mechanism: "PLAIN" },
    prepare: ({ options }) => {
      Object.assign(options, { listeners: { scram: { port: 9096 } } });
    },
    expected: () => ({ errorCode: 0, enabledMechanisms: ["SCRAM-SHA-512", "PLAIN"] }),
  },
};

const definitions: Record<string, Definition> = requests;

for (const [name, { args, prepare, expected }] of Object.entries(conversations)) {
  Deno.test(
    `kafkajs and the broker understand each other in ${name}`,
    async () => {
      const definition = definitions[name];
      assert.ok(definition);
      for (const version of definition.versions.map(Number)) {
        await withBroker({}, async (broker) => {
          await prepare?.(broker);
          const memberId = memberIn(broker);
          const assignment = { memberId, memberAssignment: Buffer.from("mine") };
          const own = memberId === undefined || Array.isArray(args)
            ? args
            : { ...Object(args), memberId, groupAssignment: [assignment], members: [{ memberId }] };
          const { request, response } = definition.protocol({ version })(own);
          const served = apis.get(request.apiKey)?.versions;
          if (served === undefined || version < served.min) return;
          const understood = await response.decode(await exchange(broker, request));
          if (Reflect.get(Object(understood), "errorCode") !== 79) await response.parse(understood);
          assertIncludes(understood, expected(version), `${name} v${version}`);
        })();
      }
    },
  );
}

/** What comes back behind the number of the answer. */
async function exchange(broker: Broker, request: { apiKey: number }): Promise<Buffer> {
  const { buffer } = await encodeRequest({ correlationId: 42, clientId: "kafkajs", request });
  const frame = new Uint8Array(buffer).subarray(4);
  const [listener] = listenersOf(broker.options.listeners ?? { plain: { port: 9092 } });
  assert.ok(listener);
  const session = newSession(listener);
  const parts = await answerTo(frame, session, broker);
  const bytes = Buffer.concat(parts ?? []);
  assert.equal(bytes.readInt32BE(0), bytes.length - 4);
  assert.equal(bytes.readInt32BE(4), 42);
  return bytes.subarray(8);
}

/** Every property of `expected`, in depth, is in `actual`. */
function assertIncludes(actual: unknown, expected: unknown, where: string): void {
  if (typeof expected !== "object" || expected === null) {
    assert.equal(actual, expected, where);
    return;
  }
  assert.ok(typeof actual === "object" && actual !== null, `${where} is no object`);
  if (Array.isArray(expected)) assert.equal(Object(actual).length, expected.length, where);
  for (const [key, value] of Object.entries(expected)) {
    assertIncludes(Reflect.get(actual, key), value, `${where}.${key}`);
  }
}
