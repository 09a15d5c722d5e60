/**
 * Fields that many actions share, each with its limits.
 *
 * Source: IAM API reference.
 */
import { integer, list, required, structure, text } from "./shapes.ts";

const nameSigns = "[\\w+=,.@-]+";
const nameSentence =
  "The specified value for {} is invalid. It must contain only alphanumeric characters and/or " +
  "the following: +=,.@_-";

/** Of users, groups, roles, profiles and policies. */
function name(max: number) {
  return text({ min: 1, max, pattern: nameSigns, sentence: nameSentence });
}

export const userName = name(64);
/** Documented: 128, as of an existing user and of a group, a profile, a policy. */
export const longName = name(128);
export const roleName = name(64);
export const policyName = name(128);

export const path = text({
  min: 1,
  max: 512,
  pattern: "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)",
  sentence: "The specified value for {} is invalid. It must begin and end with / and contain " +
    "only alphanumeric characters and/or / characters.",
});

export const pathPrefix = text({ min: 1, max: 512, pattern: "\\u002F[\\u0021-\\u007F]*" });

export const policyArn = text({ min: 20, max: 2048 });

/** A text of the policy language. */
export const document = text({
  min: 1,
  max: 131_072,
  pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
  sentence: "The specified value for {} is invalid. It must contain only printable ASCII " +
    "characters.",
});

export const description = text({ max: 1000 });

/** Seconds. */
export const maxSession = integer({ min: 3600, max: 43_200 });

export const versionId = text({ pattern: "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?" });

export const accountAlias = text({
  min: 3,
  max: 63,
  pattern: "[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]",
});

export const accessKeyId = text({ min: 16, max: 128, pattern: "[\\w]+" });

const tagSigns = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]";
export const tagKey = text({ min: 1, max: 128, pattern: `${tagSigns}+` });
const tagValue = text({ min: 0, max: 256, pattern: `${tagSigns}*` });

export const tags = list(
  structure({ Key: required(tagKey), Value: required(tagValue) }),
  { max: 50 },
);
export const tagKeys = list(tagKey, { max: 50 });

export interface Tag {
  Key: string;
  Value: string;
}
