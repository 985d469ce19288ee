-- What analysts and Grafana read: readable names over the narrow tables. Nothing in the gateway depends on these.
ALTER TABLE "point_last" SET (fillfactor = 50);--> statement-breakpoint
ALTER TABLE "batches" ALTER COLUMN "body" SET STORAGE EXTERNAL;--> statement-breakpoint
ALTER TABLE "checkpoints" ALTER COLUMN "body" SET STORAGE EXTERNAL;--> statement-breakpoint
CREATE FUNCTION quality_word(quality smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN quality < 64 THEN 'good' WHEN quality < 128 THEN 'uncertain' ELSE 'bad' END $$;--> statement-breakpoint
CREATE VIEW "sample_history" AS
  SELECT s.time, p.id AS point, s.value, NULL::text AS text, quality_word(s.quality) AS quality, p.unit, s.at AS received, s.source_time
  FROM samples s JOIN points p ON p.key = s.point_key
  UNION ALL
  SELECT t.time, p.id, NULL, t.text, quality_word(t.quality), p.unit, t.at, t.source_time
  FROM texts t JOIN points p ON p.key = t.point_key;--> statement-breakpoint
CREATE VIEW "latest_values" AS
  SELECT p.id AS point, l.time, l.value, l.text, quality_word(l.quality) AS quality, p.unit, p.title, p.device, p.area, l.at AS received
  FROM point_last l JOIN points p ON p.key = l.point_key;--> statement-breakpoint
CREATE VIEW "event_log" AS
  SELECT at, kind, type, adapter, device, point, by, data FROM facts WHERE kind IN ('event', 'link', 'operator', 'clock');--> statement-breakpoint
CREATE VIEW "command_log" AS
  SELECT DISTINCT ON (command_id) command_id, at, state, by, point, device, code, message, step
  FROM command_steps ORDER BY command_id, seq DESC;--> statement-breakpoint
CREATE VIEW "alarm_log" AS
  SELECT at, tap, subject, state, detail FROM derivations;--> statement-breakpoint
CREATE VIEW "declared_gaps" AS
  SELECT stream, from_time, to_time, lost, why, at AS declared FROM gaps WHERE NOT fills;
