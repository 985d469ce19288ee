/** `std_msgs/String` and `std_msgs/msg/String` are the same type; the second is its full name. */
export function fullName(name: string, kind: "msg" | "srv" | "action" = "msg"): string {
  const parts = name.split("/");
  if (parts.length === 2) return `${parts[0]}/${kind}/${parts[1]}`;
  return name;
}

/** `std_msgs/msg/String` as DDS knows it: `std_msgs::msg::dds_::String_`. */
export function ddsTypeName(name: string): string {
  const [pack = "", kind = "", type = ""] = fullName(name).split("/");
  return `${pack}::${kind}::dds_::${type}_`;
}

/** The full name behind a DDS type name, or `undefined` when it is not one of ROS. */
export function rosTypeName(ddsType: string): string | undefined {
  const match = /^(\w+)::(\w+)::dds_::(\w+)_$/.exec(ddsType);
  return match === null ? undefined : `${match[1]}/${match[2]}/${match[3]}`;
}

/** `/chatter` as DDS knows it: `rt/chatter`. */
export function ddsTopicName(topic: string): string {
  return `rt/${withoutSlash(topic)}`;
}

export function ddsServiceNames(service: string): { readonly request: string; readonly reply: string } {
  const name = withoutSlash(service);
  return { request: `rq/${name}Request`, reply: `rr/${name}Reply` };
}

/** What a DDS topic is in ROS, or `undefined` when it is none of its own. */
export type RosName = { readonly kind: "topic" | "request" | "reply"; readonly name: string };

export function rosName(ddsTopic: string): RosName | undefined {
  if (ddsTopic.startsWith("rt/")) return { kind: "topic", name: ddsTopic.slice(2) };
  if (ddsTopic.startsWith("rq/") && ddsTopic.endsWith("Request")) return { kind: "request", name: ddsTopic.slice(2, -"Request".length) };
  if (ddsTopic.startsWith("rr/") && ddsTopic.endsWith("Reply")) return { kind: "reply", name: ddsTopic.slice(2, -"Reply".length) };
  return undefined;
}

/** The five DDS names behind an action (design of ROS 2 actions: three services, two topics). */
export function actionNames(action: string) {
  const base = `/${withoutSlash(action)}/_action`;
  return {
    sendGoal: `${base}/send_goal`,
    cancelGoal: `${base}/cancel_goal`,
    getResult: `${base}/get_result`,
    feedback: `${base}/feedback`,
    status: `${base}/status`,
  };
}

function withoutSlash(name: string): string {
  return name.startsWith("/") ? name.slice(1) : name;
}
