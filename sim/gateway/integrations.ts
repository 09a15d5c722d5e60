/**
 * What stands behind a method of the gateway: each kind is a file that turns a request into a
 * response. What can be wrong with one is told when it is loaded.
 */
import type { HttpResponse } from "../net/http.ts";
import type { Asked } from "./asked.ts";
import { AwsAction, type AwsSettings } from "./aws.ts";
import type { Backends } from "./backends.ts";
import type { ApiMethod } from "./definition/types.ts";
import { type Hosts, HttpProxy } from "./http_proxy.ts";
import { Mock } from "./mock.ts";

export interface Surroundings extends AwsSettings {
  hosts: Hosts;
}

/** Answers the requests of one method. */
export interface Integrated {
  answer(asked: Asked, backends: Backends): Promise<HttpResponse> | HttpResponse;
}

/** @throws {RouteError} if the integration cannot work. */
export function load({ path, method, integration }: ApiMethod, around: Surroundings): Integrated {
  const where = `${method} ${path}`;
  switch (integration.type) {
    case "HTTP_PROXY":
      return new HttpProxy(integration, where, around.hosts);
    case "AWS":
      return new AwsAction(integration, where, around);
    case "MOCK":
      return new Mock(integration, where);
  }
}
