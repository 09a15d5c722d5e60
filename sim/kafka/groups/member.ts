/**
 * Member: one consumer in a group, and the answers it is waiting for.
 */
import { type ErrorCode, errors } from "../errors.ts";

export interface Protocol {
  name: string;
  metadata: Uint8Array;
}

export interface JoinRequest {
  groupId: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** Empty: a newcomer. */
  memberId: string;
  groupInstanceId: string | null;
  protocolType: string;
  /** The most liked first. */
  protocols: Protocol[];
  clientId: string;
  clientHost: string;
  /** JoinGroup v4 and later: a newcomer is given an id first and comes again with it. */
  requiresMemberId: boolean;
  /** JoinGroup v9 and later: a leader may be told that there is nothing to assign. */
  canSkipAssignment: boolean;
}

export interface JoinResponse {
  error: ErrorCode;
  generationId: number;
  protocolType: string | null;
  protocolName: string | null;
  leader: string;
  skipAssignment: boolean;
  memberId: string;
  /** All members, for the leader only. */
  members: { memberId: string; groupInstanceId: string | null; metadata: Uint8Array }[];
}

export interface SyncRequest {
  groupId: string;
  generationId: number;
  memberId: string;
  groupInstanceId: string | null;
  protocolType: string | null;
  protocolName: string | null;
  assignments: { memberId: string; assignment: Uint8Array }[];
}

export interface SyncResponse {
  error: ErrorCode;
  protocolType: string | null;
  protocolName: string | null;
  assignment: Uint8Array;
}

export interface MemberIdentity {
  groupId: string;
  memberId: string;
  groupInstanceId: string | null;
  generationId: number;
}

export const noBytes = new Uint8Array(0);

export function joinRefused(error: ErrorCode, memberId: string): JoinResponse {
  return {
    error,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: "",
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncRefused(error: ErrorCode): SyncResponse {
  return { error, protocolType: null, protocolName: null, assignment: noBytes };
}

export class Member {
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs = 0;
  rebalanceTimeoutMs = 0;
  protocols: Protocol[] = [];
  assignment: Uint8Array = noBytes;
  /** It has asked for the assignment of this generation. */
  hasSynced = true;
  /** Answers the JoinGroup or SyncGroup that is held back. */
  joining: ((response: JoinResponse) => void) | null = null;
  syncing: ((response: SyncResponse) => void) | null = null;

  constructor(public id: string, request: JoinRequest) {
    this.groupInstanceId = request.groupInstanceId;
    this.clientId = request.clientId;
    this.clientHost = request.clientHost;
    this.update(request);
  }

  update({ sessionTimeoutMs, rebalanceTimeoutMs, protocols }: JoinRequest): void {
    this.sessionTimeoutMs = sessionTimeoutMs;
    this.rebalanceTimeoutMs = rebalanceTimeoutMs;
    this.protocols = protocols;
  }

  metadataFor(protocol: string | null): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes;
  }

  hasSameProtocols(other: readonly Protocol[]): boolean {
    return this.protocols.length === other.length &&
      this.protocols.every(({ name, metadata }, index) => {
        const theirs = other[index];
        return theirs?.name === name && isSame(metadata, theirs.metadata);
      });
  }

  /** Holds the request back; one that was held before is told to try again. */
  holdJoin(): Promise<JoinResponse> {
    this.answerJoin(joinRefused(errors.REBALANCE_IN_PROGRESS, this.id));
    return new Promise((resolve) => this.joining = resolve);
  }

  holdSync(): Promise<SyncResponse> {
    this.answerSync(syncRefused(errors.REBALANCE_IN_PROGRESS));
    return new Promise((resolve) => this.syncing = resolve);
  }

  answerJoin(response: JoinResponse): void {
    this.joining?.(response);
    this.joining = null;
  }

  answerSync(response: SyncResponse): void {
    this.syncing?.(response);
    this.syncing = null;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
