/** The definition of a REST API as it is run: what an OpenAPI document says, checked. */
import type { ResponseType } from "../errors.ts";
import type { Schema } from "../json_schema.ts";

export interface Api {
  methods: readonly ApiMethod[];
  /** The text of its resource policy, short forms of resources as they were; null: none. */
  policy: string | null;
  responses: ReadonlyMap<ResponseType, GatewayResponse>;
}

export interface ApiMethod {
  /** Resource path, e.g. `/streams/{stream-name}/record` or `/{proxy+}`. */
  path: string;
  /** One of the seven verbs, or `ANY` for each of them. */
  method: string;
  authorization: "NONE" | "AWS_IAM";
  apiKeyRequired: boolean;
  parameters: readonly Parameter[];
  validates: Validates;
  /** By content type, `$default` for all others. */
  models: ReadonlyMap<string, Schema>;
  integration: Integration;
}

export interface Parameter {
  place: "path" | "querystring" | "header";
  name: string;
  isRequired: boolean;
}

/** What of a request is looked at before it is passed on. */
export interface Validates {
  body: boolean;
  parameters: boolean;
}

export type Texts = Readonly<Record<string, string>>;

export type Integration = HttpProxyIntegration | AwsIntegration | MockIntegration;

interface AnyIntegration {
  /** How long the backend may take. */
  timeoutMs: number;
  /** E.g. `integration.request.header.Content-Type` -> `'application/x-amz-json-1.1'`. */
  requestParameters: Texts;
}

/** Those that templates write requests for, and choose a response of. */
export interface Mapped extends AnyIntegration {
  /** By content type. */
  requestTemplates: Texts;
  passthroughBehavior: "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER";
  responses: readonly IntegrationResponse[];
}

export interface HttpProxyIntegration extends AnyIntegration {
  type: "HTTP_PROXY";
  /** Backend address, `http:` only; `{name}` stands for a mapped parameter. */
  uri: string;
  /** `ANY`: that of the request. */
  httpMethod: string;
}

export interface AwsIntegration extends Mapped {
  type: "AWS";
  /** `arn:aws:apigateway:<region>:kinesis:action/<action>`. */
  uri: string;
  httpMethod: string;
  /** ARN of the role that the gateway takes on; empty: none is named. */
  credentials: string;
}

export interface MockIntegration extends Mapped {
  type: "MOCK";
}

export interface IntegrationResponse {
  /** Of the backend's status, e.g. `4\\d{2}`; empty: the default. */
  selectionPattern: string;
  statusCode: number;
  /** By content type; the backend's answer is `$input`. */
  responseTemplates: Texts;
  /** `method.response.header.<name>` -> where its value is from. */
  responseParameters: Texts;
}

/** In place of the gateway's own words for one type of refusal. */
export interface GatewayResponse {
  /** Null: that of the type. */
  statusCode: number | null;
  /** `gatewayresponse.header.<name>` -> where its value is from. */
  responseParameters: Texts;
  /** By content type. */
  responseTemplates: Texts;
}
