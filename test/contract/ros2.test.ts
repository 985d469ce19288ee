import { describeAdapterContract } from "./adapter-contract.ts";
import { ros2Contract } from "./peers/ros2-robots.ts";

describeAdapterContract(ros2Contract("rtps"));
