/**
 * What IAM and STS say when they refuse: code, words and status, as on AWS.
 *
 * Source: IAM API reference, "Common error types" and the errors of each action; words as observed
 * in public reports.
 */
import { ServiceError } from "../errors.ts";

export function noSuchEntity(message: string): ServiceError {
  return new ServiceError("NoSuchEntity", message, 404);
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError("EntityAlreadyExists", message, 409);
}

export function deleteConflict(message: string): ServiceError {
  return new ServiceError("DeleteConflict", message, 409);
}

export function overQuota(quota: string, most: number): ServiceError {
  return limitExceeded(`Cannot exceed quota for ${quota}: ${most}`);
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceeded", message, 409);
}

export function invalid(message: string): ServiceError {
  return new ServiceError("ValidationError", message);
}

export function invalidInput(message: string): ServiceError {
  return new ServiceError("InvalidInput", message);
}

export function malformed(message: string): ServiceError {
  return new ServiceError("MalformedPolicyDocument", message);
}

export function accessDenied(message: string): ServiceError {
  return new ServiceError("AccessDenied", message, 403);
}

export function invalidToken(): ServiceError {
  const message = "The security token included in the request is invalid.";
  return new ServiceError("InvalidClientTokenId", message, 403);
}
