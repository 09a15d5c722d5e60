/**
 * CreateInstanceProfile: a name -> a profile without a role.
 *
 * Source: IAM API reference, CreateInstanceProfile.
 */
import { newProfile } from "../../iam/account/made.ts";
import { action } from "../action.ts";
import { andTags, onNew, requestTags } from "../asking.ts";
import { longName, path, tags } from "../fields.ts";
import { mustBeFree, mustHaveRoom } from "../lookups.ts";
import { required } from "../shapes.ts";
import { addTags } from "../tagging.ts";
import { profileShown } from "../views.ts";

export const createInstanceProfile = action({
  shape: { InstanceProfileName: required(longName), Path: path, Tags: tags },
  asks: ({ InstanceProfileName: name, Path, Tags }, call) => {
    const asking = onNew("instance-profile", { name, path: Path }, call, requestTags(Tags));
    return andTags(asking, Tags, "iam:TagInstanceProfile");
  },
  run: ({ InstanceProfileName: name, Path, Tags }, { account }) => {
    mustHaveRoom("instanceProfiles", account);
    const message = `Instance Profile ${name} already exists.`;
    mustBeFree(account.entities.instanceProfiles, name, message);
    const profile = newProfile({ name, path: Path, nowMs: account.nowMs() });
    addTags(profile.tags, Tags);
    account.change(({ instanceProfiles }) => instanceProfiles.set(name, profile));
    return { InstanceProfile: profileShown(profile, account) };
  },
});
