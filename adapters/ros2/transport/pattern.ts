/** Whether a topic fits a name or a pattern in which `+` stands for exactly one part of the path. */
export function topicFits(pattern: string, topic: string): boolean {
  if (pattern === topic) return true;
  const wanted = pattern.split("/");
  const parts = topic.split("/");
  return wanted.length === parts.length && wanted.every((part, i) => part === parts[i] || (part === "+" && parts[i] !== ""));
}

/** A ROS name: parts of letters, digits and underscores; in a pattern a part may be `+`. */
export function isTopicPattern(text: string): boolean {
  return /^\/(?:\+|[A-Za-z_]\w*)(?:\/(?:\+|[A-Za-z_]\w*))*$/.test(text) && text.length <= 200;
}
