/**
 * CreateGroup: a name -> a group without users.
 *
 * Source: IAM API reference, CreateGroup.
 */
import { newGroup } from "../../iam/account/made.ts";
import { action } from "../action.ts";
import { onNew } from "../asking.ts";
import { longName, path } from "../fields.ts";
import { mustBeFree, mustHaveRoom } from "../lookups.ts";
import { required } from "../shapes.ts";
import { groupShown } from "../views.ts";

export const createGroup = action({
  shape: { GroupName: required(longName), Path: path },
  asks: ({ GroupName: name, Path }, call) => onNew("group", { name, path: Path }, call),
  run: ({ GroupName: name, Path }, { account }) => {
    mustHaveRoom("groups", account);
    mustBeFree(account.entities.groups, name, `Group with name ${name} already exists.`);
    const group = newGroup({ name, path: Path, nowMs: account.nowMs() });
    account.change(({ groups }) => groups.set(name, group));
    return { Group: groupShown(group, account) };
  },
});
