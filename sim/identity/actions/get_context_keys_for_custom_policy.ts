/**
 * GetContextKeysForCustomPolicy: the keys that some policies look for.
 *
 * Source: IAM API reference, GetContextKeysForCustomPolicy.
 */
import { action } from "../action.ts";
import { everything } from "../asking.ts";
import { document } from "../fields.ts";
import { list, required } from "../shapes.ts";
import { contextKeys } from "../simulating.ts";

export const getContextKeysForCustomPolicy = action({
  shape: { PolicyInputList: required(list(document, { min: 1, max: 100 })) },
  asks: () => everything,
  run: ({ PolicyInputList }) => ({ ContextKeyNames: contextKeys(PolicyInputList) }),
});
