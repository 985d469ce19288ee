import {
  AbortReason,
  EngineeringUnits,
  ErrorClass,
  ErrorCode,
  EventState,
  EventType,
  NotifyType,
  ObjectType,
  PropertyIdentifier,
  RejectReason,
  Reliability,
  Segmentation,
} from "@bacnet-js/client/dist/lib/enum.js";
import { vocabulary } from "./names.ts";

export { objectTypes, properties, type Vocabulary } from "./names.ts";

export const engineeringUnits = vocabulary(() => EngineeringUnits);
export const reliabilities = vocabulary(() => Reliability);
export const eventTypes = vocabulary(() => EventType);
export const eventStates = vocabulary(() => EventState);
export const notifyTypes = vocabulary(() => NotifyType);
export const errorClasses = vocabulary(() => ErrorClass);
export const errorCodes = vocabulary(() => ErrorCode);
export const abortReasons = vocabulary(() => AbortReason);
export const rejectReasons = vocabulary(() => RejectReason);
export const segmentations = vocabulary(() => Segmentation);

export { ErrorClass, ErrorCode, EventState, ObjectType, PropertyIdentifier, Reliability, AbortReason, RejectReason, Segmentation };
