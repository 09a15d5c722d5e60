/**
 * Coordinator: all groups and their committed offsets.
 *
 * Committed offsets outlive a restart, members do not: theirs is to join again, as after any time-out.
 */
import type { Faults } from "../../faults/plan.ts";
import type { Tell } from "../../storage/tell.ts";
import type { Deadlines } from "../deadlines.ts";
import { type ErrorCode, errors } from "../errors.ts";
import { Group, type GroupContext } from "./group.ts";
import {
  joinRefused,
  type JoinRequest,
  type JoinResponse,
  type MemberIdentity,
  syncRefused,
  type SyncRequest,
  type SyncResponse,
} from "./member.ts";
import { Offsets } from "./offsets.ts";

const sessionTimeoutMaxMs = 1_800_000;

export interface CoordinatorContext {
  dir: string;
  faults: Faults;
  deadlines: Deadlines;
  /** Whether there can be no commits yet in `dir`. Default: yes. */
  isNew?: boolean;
  tell?: Tell;
  /** Hex digits, never the same twice in one `dir`. */
  newId(): string;
  initialRebalanceDelayMs: number;
  sessionTimeoutMinMs: number;
}

export class Coordinator implements Disposable {
  readonly offsets: Offsets;
  readonly #groups = new Map<string, Group>();
  readonly #groupContext: GroupContext;
  readonly #sessionTimeoutMinMs: number;

  constructor(context: CoordinatorContext) {
    this.offsets = new Offsets(context.dir, context.faults, context);
    this.#sessionTimeoutMinMs = context.sessionTimeoutMinMs;
    this.#groupContext = {
      deadlines: context.deadlines,
      newMemberId: (prefix) => `${prefix}-${context.newId()}`,
      initialRebalanceDelayMs: context.initialRebalanceDelayMs,
    };
    for (const id of this.offsets.groups()) this.#make(id);
  }

  #make(id: string): Group {
    const group = new Group(id, this.#groupContext);
    this.#groups.set(id, group);
    return group;
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  all(): Group[] {
    return [...this.#groups.values()];
  }

  join(request: JoinRequest): JoinResponse | Promise<JoinResponse> {
    const { groupId, memberId, sessionTimeoutMs } = request;
    if (groupId === "") return joinRefused(errors.INVALID_GROUP_ID, memberId);
    if (sessionTimeoutMs < this.#sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs) {
      return joinRefused(errors.INVALID_SESSION_TIMEOUT, memberId);
    }
    const group = this.#groups.get(groupId);
    if (group === undefined && memberId !== "") {
      return joinRefused(errors.UNKNOWN_MEMBER_ID, memberId);
    }
    return (group ?? this.#make(groupId)).join(request);
  }

  sync(request: SyncRequest): SyncResponse | Promise<SyncResponse> {
    if (request.groupId === "") return syncRefused(errors.INVALID_GROUP_ID);
    const group = this.#groups.get(request.groupId);
    return group?.sync(request) ?? syncRefused(errors.UNKNOWN_MEMBER_ID);
  }

  heartbeat(identity: MemberIdentity): ErrorCode {
    if (identity.groupId === "") return errors.INVALID_GROUP_ID;
    return this.#groups.get(identity.groupId)?.heartbeat(identity) ?? errors.UNKNOWN_MEMBER_ID;
  }

  leave(groupId: string, memberId: string, groupInstanceId: string | null): ErrorCode {
    const group = this.#groups.get(groupId);
    return group?.leave(memberId, groupInstanceId) ?? errors.UNKNOWN_MEMBER_ID;
  }

  /** May this member, or somebody outside of any generation, commit for the group? */
  commitProblem(identity: MemberIdentity): ErrorCode | null {
    if (identity.groupId === "") return errors.INVALID_GROUP_ID;
    const group = this.#groups.get(identity.groupId);
    if (group !== undefined) return group.commitProblem(identity);
    if (identity.generationId >= 0) return errors.ILLEGAL_GENERATION;
    this.#make(identity.groupId);
    return null;
  }

  /** @throws {StorageError} if it could not be written down. */
  delete(groupId: string): ErrorCode {
    const group = this.#groups.get(groupId);
    if (group === undefined) return errors.GROUP_ID_NOT_FOUND;
    if (group.state !== "Empty") return errors.NON_EMPTY_GROUP;
    this.offsets.forget(groupId);
    this.#groups.delete(groupId);
    return errors.NONE;
  }

  [Symbol.dispose](): void {
    for (const group of this.#groups.values()) group.close();
    this.offsets[Symbol.dispose]();
  }
}
