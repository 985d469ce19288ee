/** Service numbers of confirmed requests (clause 21). */
export const confirmed = {
  acknowledgeAlarm: 0,
  covNotification: 1,
  eventNotification: 2,
  getAlarmSummary: 3,
  subscribeCov: 5,
  addListElement: 8,
  removeListElement: 9,
  readProperty: 12,
  readPropertyMultiple: 14,
  writeProperty: 15,
  writePropertyMultiple: 16,
  deviceCommunicationControl: 17,
  reinitializeDevice: 20,
  readRange: 26,
  subscribeCovProperty: 28,
  getEventInformation: 29,
} as const;

/** Service numbers of unconfirmed requests. */
export const unconfirmed = {
  iAm: 0,
  iHave: 1,
  covNotification: 2,
  eventNotification: 3,
  timeSynchronization: 6,
  whoHas: 7,
  whoIs: 8,
  utcTimeSynchronization: 9,
} as const;
