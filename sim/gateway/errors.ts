/**
 * What the gateway itself says when it does not pass a request on: by type, as gateway responses
 * name them, with the status and the `x-amzn-ErrorType` that go with each.
 *
 * Source: API Gateway developer guide, "Gateway response types for API Gateway"; recorded facts.
 */
import { ServiceError } from "../errors.ts";

/** A definition cannot work; whoever wrote it can mend it. Begins with the method and its path. */
export class RouteError extends Error {
  override readonly name = "RouteError";
}

const internal = "InternalServerErrorException";

/** Those that no part here makes can be defined all the same, as on AWS. */
export const responseTypes = {
  ACCESS_DENIED: { status: 403, code: "AccessDeniedException" },
  API_CONFIGURATION_ERROR: { status: 500, code: internal },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, code: internal },
  AUTHORIZER_FAILURE: { status: 500, code: internal },
  BAD_REQUEST_BODY: { status: 400, code: "BadRequestException" },
  BAD_REQUEST_PARAMETERS: { status: 400, code: "BadRequestException" },
  DEFAULT_4XX: { status: 400, code: "BadRequestException" },
  DEFAULT_5XX: { status: 500, code: internal },
  EXPIRED_TOKEN: { status: 403, code: "ExpiredTokenException" },
  INTEGRATION_FAILURE: { status: 504, code: internal },
  INTEGRATION_TIMEOUT: { status: 504, code: internal },
  INVALID_API_KEY: { status: 403, code: "ForbiddenException" },
  INVALID_SIGNATURE: { status: 403, code: "InvalidSignatureException" },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, code: "MissingAuthenticationTokenException" },
  QUOTA_EXCEEDED: { status: 429, code: "LimitExceededException" },
  REQUEST_TOO_LARGE: { status: 413, code: "RequestTooLargeException" },
  RESOURCE_NOT_FOUND: { status: 404, code: "NotFoundException" },
  THROTTLED: { status: 429, code: "TooManyRequestsException" },
  UNAUTHORIZED: { status: 401, code: "UnauthorizedException" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, code: "BadRequestException" },
  WAF_FILTERED: { status: 403, code: "ForbiddenException" },
} as const;

export type ResponseType = keyof typeof responseTypes;

export function isResponseType(name: string): name is ResponseType {
  return Object.hasOwn(responseTypes, name);
}

/** A request that goes no further. */
export class GatewayError extends ServiceError {
  /**
   * @param type null: the definition cannot give this answer another form
   * @param validation what `$context.error.validationErrorString` says
   */
  constructor(
    readonly type: ResponseType | null,
    code: string,
    message: string,
    status: number,
    readonly validation = "",
  ) {
    super(code, message, status);
  }
}

/** A refusal of one type, under its own status and code unless others are given. */
export function refusal(
  type: ResponseType,
  message: string,
  others: { status?: number; code?: string; validation?: string } = {},
): GatewayError {
  const { status, code } = { ...responseTypes[type], ...others };
  return new GatewayError(type, code, message, status, others.validation);
}

export const internalError = () => refusal("API_CONFIGURATION_ERROR", "Internal server error");

export const badRequest = () => refusal("DEFAULT_4XX", "Bad Request");

/** Recorded: the same words for an unknown path, an unknown verb and a missing signature. */
export const missingToken = () =>
  refusal("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token");

export const throttled = () => refusal("THROTTLED", "Too Many Requests");
