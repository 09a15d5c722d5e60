/**
 * Group: members joining, syncing, beating and leaving -> generations and who is in them.
 *
 *   Empty ── join ──► PreparingRebalance ── all rejoined, or time is up ──► CompletingRebalance
 *     ▲                 ▲            │ nobody left                             │ leader syncs
 *     └─────────────────┼────────────┘                                        ▼
 *                       └──────────── join, leave, time-out ──────────────── Stable
 *
 * JoinGroup is held back until every known member has asked again (or the longest rebalance time-out
 * has passed: who has not is out), SyncGroup until the leader has handed in the assignments.
 * All calls are synchronous, so members that join at the same moment are simply one after the other.
 *
 * Source: Apache Kafka, classic group protocol as in GroupCoordinator; KIP-345 for static members,
 * KIP-394 for the member id given first.
 * Left out: group.max.size; groups of the next generation (KIP-848).
 */
import type { Deadlines } from "../deadlines.ts";
import { type ErrorCode, errors } from "../errors.ts";
import {
  joinRefused,
  type JoinRequest,
  type JoinResponse,
  Member,
  type MemberIdentity,
  noBytes,
  syncRefused,
  type SyncRequest,
  type SyncResponse,
} from "./member.ts";

export type GroupState = "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable";

export interface GroupContext {
  deadlines: Deadlines;
  newMemberId(prefix: string): string;
  initialRebalanceDelayMs: number;
}

export class Group {
  state: GroupState = "Empty";
  generationId = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  readonly members = new Map<string, Member>();
  #leader: string | null = null;
  readonly #context: GroupContext;
  readonly #staticMembers = new Map<string, Member>();
  /** Newcomers that were given an id and have not come back with it: id to the key of its deadline. */
  readonly #pending = new Map<string, object>();
  /** A new group waits its initial delay out, however complete it seems. */
  #isGathering = false;
  readonly #joinDeadline = {};
  readonly #syncDeadline = {};

  constructor(readonly id: string, context: GroupContext) {
    this.#context = context;
  }

  join(request: JoinRequest): JoinResponse | Promise<JoinResponse> {
    const { memberId, groupInstanceId } = request;
    if (!this.#fits(request)) return joinRefused(errors.INCONSISTENT_GROUP_PROTOCOL, memberId);
    if (memberId === "") {
      return groupInstanceId === null ? this.#joinNew(request) : this.#joinStatic(request);
    }
    const pending = this.#pending.get(memberId);
    if (pending !== undefined && groupInstanceId === null) {
      this.#forgetPending(memberId);
      return this.#addAndRebalance(memberId, request);
    }
    const error = this.#identityProblem(request);
    const member = this.members.get(memberId);
    if (error !== null || member === undefined) {
      return joinRefused(error ?? errors.UNKNOWN_MEMBER_ID, memberId);
    }
    return this.#rejoin(member, request);
  }

  /** Is there a protocol that everybody would speak? */
  #fits({ protocolType, protocols, memberId }: JoinRequest): boolean {
    if (protocolType === "" || protocols.length === 0) return false;
    const others = [...this.members.values()].filter(({ id }) => id !== memberId);
    if (others.length === 0) return this.members.size === 0 || protocolType === this.protocolType;
    return protocolType === this.protocolType &&
      protocols.some(({ name }) => others.every((other) => speaks(other, name)));
  }

  #joinNew(request: JoinRequest): JoinResponse | Promise<JoinResponse> {
    const memberId = this.#context.newMemberId(request.clientId);
    if (!request.requiresMemberId) return this.#addAndRebalance(memberId, request);
    const owner = {};
    this.#pending.set(memberId, owner);
    this.#context.deadlines.set(owner, request.sessionTimeoutMs, () => {
      this.#pending.delete(memberId);
      this.#completeJoinIfAll();
    });
    return joinRefused(errors.MEMBER_ID_REQUIRED, memberId);
  }

  #forgetPending(memberId: string): boolean {
    const owner = this.#pending.get(memberId);
    if (owner !== undefined) this.#context.deadlines.clear(owner);
    return this.#pending.delete(memberId);
  }

  /** A static member without an id is the same consumer, started again. */
  #joinStatic(request: JoinRequest): JoinResponse | Promise<JoinResponse> {
    const instanceId = request.groupInstanceId ?? "";
    const memberId = this.#context.newMemberId(instanceId);
    const before = this.#staticMembers.get(instanceId);
    if (before === undefined) return this.#addAndRebalance(memberId, request);
    const leaderBefore = this.#leader;
    const member = this.#replace(before, memberId, request);
    if (this.state !== "Stable" || this.#selectProtocol() !== this.protocolName) {
      return this.#holdJoin(member);
    }
    // Nothing changed for the others. A leader that cannot be told to skip the assignment must not
    // take itself for the leader, or it would assign anew without anybody having rejoined.
    this.#beat(member);
    const isLeader = this.#leader === memberId;
    const response = this.#joinedResponse(member);
    if (isLeader && request.canSkipAssignment) return { ...response, skipAssignment: true };
    return { ...response, leader: leaderBefore ?? "", members: [] };
  }

  #replace(before: Member, memberId: string, request: JoinRequest): Member {
    before.answerJoin(joinRefused(errors.FENCED_INSTANCE_ID, before.id));
    before.answerSync(syncRefused(errors.FENCED_INSTANCE_ID));
    this.#context.deadlines.clear(before);
    const member = new Member(memberId, request);
    member.assignment = before.assignment;
    this.members.delete(before.id);
    this.members.set(memberId, member);
    this.#staticMembers.set(request.groupInstanceId ?? "", member);
    if (this.#leader === before.id) this.#leader = memberId;
    return member;
  }

  #addAndRebalance(memberId: string, request: JoinRequest): Promise<JoinResponse> {
    const member = new Member(memberId, request);
    this.members.set(memberId, member);
    if (request.groupInstanceId !== null) this.#staticMembers.set(request.groupInstanceId, member);
    this.protocolType = request.protocolType;
    this.#leader ??= memberId;
    return this.#holdJoin(member);
  }

  #rejoin(member: Member, request: JoinRequest): JoinResponse | Promise<JoinResponse> {
    const isUnchanged = member.hasSameProtocols(request.protocols);
    member.update(request);
    const mayStay = this.state === "CompletingRebalance" ||
      (this.state === "Stable" && this.#leader !== member.id);
    if (!mayStay || !isUnchanged) return this.#holdJoin(member);
    this.#beat(member); // It missed the answer, and gets it again.
    return this.#joinedResponse(member);
  }

  #holdJoin(member: Member): Promise<JoinResponse> {
    const held = member.holdJoin();
    this.#context.deadlines.clear(member); // Who waits for us is alive.
    if (this.state === "PreparingRebalance") this.#completeJoinIfAll();
    else this.#prepareRebalance();
    return held;
  }

  #prepareRebalance(): void {
    const isNew = this.state === "Empty";
    if (this.state === "CompletingRebalance") this.#interruptSync();
    this.state = "PreparingRebalance";
    const { deadlines, initialRebalanceDelayMs } = this.#context;
    deadlines.clear(this.#syncDeadline);
    if (isNew && initialRebalanceDelayMs > 0) {
      this.#isGathering = true;
      deadlines.set(this.#joinDeadline, initialRebalanceDelayMs, () => this.#completeJoin());
      return;
    }
    deadlines.set(this.#joinDeadline, this.#rebalanceTimeoutMs(), () => this.#completeJoin());
    this.#completeJoinIfAll();
  }

  #interruptSync(): void {
    for (const member of this.members.values()) {
      member.assignment = noBytes;
      if (member.syncing === null) continue;
      member.answerSync(syncRefused(errors.REBALANCE_IN_PROGRESS));
      this.#beat(member);
    }
  }

  #rebalanceTimeoutMs(): number {
    return Math.max(0, ...[...this.members.values()].map((member) => member.rebalanceTimeoutMs));
  }

  #completeJoinIfAll(): void {
    if (this.state !== "PreparingRebalance" || this.#isGathering || this.#pending.size > 0) return;
    const isWaiting = [...this.members.values()].every(({ joining }) => joining !== null);
    if (isWaiting) this.#completeJoin();
  }

  #completeJoin(): void {
    const { deadlines } = this.#context;
    this.#isGathering = false;
    deadlines.clear(this.#joinDeadline);
    for (const member of [...this.members.values()]) {
      // Static members may be away until their session ends.
      if (member.joining === null && member.groupInstanceId === null) this.#forget(member);
    }
    const joined = [...this.members.values()].filter(({ joining }) => joining !== null);
    if (joined.length === 0 && this.members.size > 0) {
      deadlines.set(this.#joinDeadline, this.#rebalanceTimeoutMs(), () => this.#completeJoin());
      return;
    }
    this.generationId++;
    this.protocolName = this.#selectProtocol();
    if (this.members.size === 0) return this.#becomeEmpty();
    if (!joined.some(({ id }) => id === this.#leader)) this.#leader = joined[0]?.id ?? null;
    this.state = "CompletingRebalance";
    deadlines.set(this.#syncDeadline, this.#rebalanceTimeoutMs(), () => this.#dropUnsynced());
    for (const member of joined) {
      member.hasSynced = false;
      member.answerJoin(this.#joinedResponse(member));
      this.#beat(member);
    }
  }

  #becomeEmpty(): void {
    this.state = "Empty";
    this.protocolName = null;
    this.#leader = null;
  }

  /** The protocol that most members like best, of those that all of them speak. */
  #selectProtocol(): string | null {
    const members = [...this.members.values()];
    const votes = new Map<string, number>();
    for (const member of members) {
      const choice = member.protocols.find(({ name }) =>
        members.every((other) => speaks(other, name))
      );
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    const [first] = [...votes].sort(([, one], [, other]) => other - one);
    return first?.[0] ?? null;
  }

  #joinedResponse(member: Member): JoinResponse {
    const isLeader = member.id === this.#leader;
    return {
      error: errors.NONE,
      generationId: this.generationId,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leader: this.#leader ?? "",
      skipAssignment: false,
      memberId: member.id,
      members: !isLeader ? [] : [...this.members.values()].map((other) => ({
        memberId: other.id,
        groupInstanceId: other.groupInstanceId,
        metadata: other.metadataFor(this.protocolName),
      })),
    };
  }

  /** Who joined but did not sync in time is out, and the others begin again. */
  #dropUnsynced(): void {
    const unsynced = [...this.members.values()].filter(({ hasSynced }) => !hasSynced);
    for (const member of unsynced) this.#forget(member);
    if (unsynced.length > 0) this.#prepareRebalance();
  }

  sync(request: SyncRequest): SyncResponse | Promise<SyncResponse> {
    const error = this.#membershipProblem(request);
    const member = this.members.get(request.memberId);
    if (error !== null || member === undefined) {
      return syncRefused(error ?? errors.UNKNOWN_MEMBER_ID);
    }
    const { protocolType, protocolName } = request;
    const isOther = (given: string | null, ours: string | null) => given !== null && given !== ours;
    if (isOther(protocolType, this.protocolType) || isOther(protocolName, this.protocolName)) {
      return syncRefused(errors.INCONSISTENT_GROUP_PROTOCOL);
    }
    if (this.state === "PreparingRebalance") return syncRefused(errors.REBALANCE_IN_PROGRESS);
    this.#beat(member);
    member.hasSynced = true;
    if (this.state === "Stable") return this.#syncedResponse(member);
    const held = member.holdSync();
    if (member.id === this.#leader) this.#stabilise(request);
    return held;
  }

  #stabilise({ assignments }: SyncRequest): void {
    const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
    this.state = "Stable";
    for (const member of this.members.values()) {
      member.assignment = byMember.get(member.id) ?? noBytes;
      member.answerSync(this.#syncedResponse(member));
    }
  }

  #syncedResponse({ assignment }: Member): SyncResponse {
    const { protocolType, protocolName } = this;
    return { error: errors.NONE, protocolType, protocolName, assignment };
  }

  heartbeat(identity: MemberIdentity): ErrorCode {
    const error = this.#membershipProblem(identity);
    const member = this.members.get(identity.memberId);
    if (error !== null || member === undefined) return error ?? errors.UNKNOWN_MEMBER_ID;
    this.#beat(member);
    return this.state === "PreparingRebalance" ? errors.REBALANCE_IN_PROGRESS : errors.NONE;
  }

  /** May this member commit now? A group without members takes commits of anybody outside of it. */
  commitProblem(identity: MemberIdentity): ErrorCode | null {
    if (identity.generationId < 0 && this.state === "Empty") return null;
    const error = this.#membershipProblem(identity);
    if (error !== null) return error;
    const member = this.members.get(identity.memberId);
    if (member !== undefined) this.#beat(member);
    return this.state === "CompletingRebalance" ? errors.REBALANCE_IN_PROGRESS : null;
  }

  leave(memberId: string, groupInstanceId: string | null): ErrorCode {
    if (groupInstanceId === null && this.#forgetPending(memberId)) {
      this.#completeJoinIfAll();
      return errors.NONE;
    }
    const named = memberId === "" && groupInstanceId !== null
      ? this.#staticMembers.get(groupInstanceId)
      : this.members.get(memberId);
    if (named === undefined) return errors.UNKNOWN_MEMBER_ID;
    const error = this.#identityProblem({ memberId: named.id, groupInstanceId });
    if (error !== null) return error;
    this.#remove(named);
    return errors.NONE;
  }

  #membershipProblem(identity: MemberIdentity): ErrorCode | null {
    const error = this.#identityProblem(identity);
    if (error !== null) return error;
    return identity.generationId === this.generationId ? null : errors.ILLEGAL_GENERATION;
  }

  #identityProblem(
    { memberId, groupInstanceId }: Pick<MemberIdentity, "memberId" | "groupInstanceId">,
  ): ErrorCode | null {
    if (groupInstanceId !== null) {
      const known = this.#staticMembers.get(groupInstanceId);
      if (known === undefined) return errors.UNKNOWN_MEMBER_ID;
      return known.id === memberId ? null : errors.FENCED_INSTANCE_ID;
    }
    return this.members.has(memberId) ? null : errors.UNKNOWN_MEMBER_ID;
  }

  /** Starts the member's session anew. */
  #beat(member: Member): void {
    this.#context.deadlines.set(member, member.sessionTimeoutMs, () => {
      if (member.joining === null && member.syncing === null) this.#remove(member);
      else this.#beat(member);
    });
  }

  #forget(member: Member): void {
    this.#context.deadlines.clear(member);
    member.answerJoin(joinRefused(errors.UNKNOWN_MEMBER_ID, member.id));
    member.answerSync(syncRefused(errors.UNKNOWN_MEMBER_ID));
    this.members.delete(member.id);
    if (member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId);
    if (this.#leader === member.id) this.#leader = this.members.keys().next().value ?? null;
  }

  #remove(member: Member): void {
    this.#forget(member);
    if (this.state === "PreparingRebalance") this.#completeJoinIfAll();
    else this.#prepareRebalance();
  }

  /** Lets everybody go who waits; the broker ends. */
  close(): void {
    for (const member of this.members.values()) {
      member.answerJoin(joinRefused(errors.COORDINATOR_NOT_AVAILABLE, member.id));
      member.answerSync(syncRefused(errors.COORDINATOR_NOT_AVAILABLE));
    }
  }
}

function speaks(member: Member, protocol: string): boolean {
  return member.protocols.some(({ name }) => name === protocol);
}
