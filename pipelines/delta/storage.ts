/**
 * Storage: where the files of one table are, by their names below the table's root.
 *
 * Names have `/` between their parts and are what stands on disk or in S3, not what stands in
 * the log (there they are URI-encoded). Every write is there whole or not at all, and lasts.
 */
export interface StoredFile {
  name: string;
  /** Bytes. */
  size: number;
  modifiedMs: number;
}

export interface DeltaStorage {
  /** The table's address, for messages: a path, or `s3://bucket/prefix`. */
  readonly uri: string;
  /** Files whose names begin with `prefix` and come after `after`, in the order of their names. */
  list(prefix: string, after?: string): Promise<StoredFile[]>;
  /** The file's bytes, or null if there is none. */
  read(name: string): Promise<Uint8Array | null>;
  /** Writes or replaces. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /**
   * Writes if there is no such file. After trouble on the way `exists` may mean our own bytes:
   * whoever needs to know reads the file back.
   */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<"stored" | "exists">;
  /** Stores a local file; the local one may be gone afterwards. */
  putFile(name: string, localPath: string): Promise<void>;
  /** Deleting what is not there is no error. */
  delete(name: string): Promise<void>;
  /**
   * A path that DuckDB can read: the file itself, or a copy that is fetched once and kept.
   * @throws there is no such file
   */
  local(name: string): Promise<string>;
  /** Drops the copies made by `local` of those files that this is true for. */
  dropCopies(isUseless: (name: string) => boolean): Promise<void>;
}
