CREATE TABLE "checkpoints" (
	"at" timestamp with time zone NOT NULL,
	"seq" bigint NOT NULL,
	"version" text NOT NULL,
	"body" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "command_steps" (
	"at" timestamp with time zone NOT NULL,
	"seq" bigint NOT NULL,
	"command_id" text NOT NULL,
	"state" text NOT NULL,
	"by" text NOT NULL,
	"point" text,
	"device" text,
	"code" text,
	"message" text,
	"step" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "derivations" (
	"at" timestamp with time zone NOT NULL,
	"seq" bigint NOT NULL,
	"tap" text NOT NULL,
	"subject" text NOT NULL,
	"state" text NOT NULL,
	"detail" jsonb
);
--> statement-breakpoint
CREATE TABLE "facts" (
	"at" timestamp with time zone NOT NULL,
	"seq" bigint NOT NULL,
	"kind" text NOT NULL,
	"type" text NOT NULL,
	"adapter" text,
	"device" text,
	"point" text,
	"by" text,
	"source_time" timestamp with time zone,
	"data" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gaps" (
	"at" timestamp with time zone NOT NULL,
	"seq" bigint NOT NULL,
	"stream" text NOT NULL,
	"from_time" timestamp with time zone NOT NULL,
	"to_time" timestamp with time zone NOT NULL,
	"lost" bigint,
	"why" text NOT NULL,
	"fills" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "point_keys" (
	"journal_uuid" uuid NOT NULL,
	"journal_key" bigint NOT NULL,
	"key" integer NOT NULL,
	CONSTRAINT "point_keys_journal_uuid_journal_key_pk" PRIMARY KEY("journal_uuid","journal_key")
);
--> statement-breakpoint
CREATE TABLE "point_last" (
	"point_key" integer PRIMARY KEY NOT NULL,
	"time" timestamp with time zone NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"value" double precision,
	"text" text,
	"code" bigint,
	"quality" smallint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "points" (
	"key" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "points_key_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"id" text NOT NULL,
	"kind" text,
	"unit" text,
	"title" text,
	"device" text,
	"area" text,
	"tags" jsonb,
	"description" jsonb,
	"active" boolean DEFAULT true NOT NULL,
	"revision" text,
	CONSTRAINT "points_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "cursor" (
	"journal_uuid" uuid NOT NULL,
	"reader" text NOT NULL,
	"position" bigint NOT NULL,
	"at_us" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"moved_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cursor_journal_uuid_reader_pk" PRIMARY KEY("journal_uuid","reader")
);
--> statement-breakpoint
CREATE TABLE "quarantine" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "quarantine_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"noticed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"journal_uuid" uuid NOT NULL,
	"position" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"seq" bigint NOT NULL,
	"kind" smallint NOT NULL,
	"samples" integer NOT NULL,
	"reason" text NOT NULL,
	"body" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rollup_late" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rollup_late_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"from_time" timestamp with time zone NOT NULL,
	"to_time" timestamp with time zone NOT NULL,
	"point_keys" integer[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rollup_state" (
	"name" text PRIMARY KEY NOT NULL,
	"watermark" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "setting" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"seq" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	"position" bigint NOT NULL,
	"last_position" bigint NOT NULL,
	"journal_uuid" uuid NOT NULL,
	"entries" integer NOT NULL,
	"samples" integer NOT NULL,
	"body" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "samples" (
	"time" timestamp with time zone NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"value" double precision,
	"source_time" timestamp with time zone,
	"code" bigint,
	"point_key" integer NOT NULL,
	"quality" smallint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "texts" (
	"time" timestamp with time zone NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"source_time" timestamp with time zone,
	"code" bigint,
	"point_key" integer NOT NULL,
	"quality" smallint NOT NULL,
	"text" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "point_keys" ADD CONSTRAINT "point_keys_key_points_key_fk" FOREIGN KEY ("key") REFERENCES "public"."points"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "checkpoints_at" ON "checkpoints" USING btree ("at");--> statement-breakpoint
CREATE INDEX "command_steps_at" ON "command_steps" USING btree ("at","seq");--> statement-breakpoint
CREATE INDEX "command_steps_command" ON "command_steps" USING btree ("command_id","seq");--> statement-breakpoint
CREATE INDEX "derivations_at" ON "derivations" USING btree ("at","seq");--> statement-breakpoint
CREATE INDEX "facts_at" ON "facts" USING btree ("at","seq");--> statement-breakpoint
CREATE INDEX "facts_kind_at" ON "facts" USING btree ("kind","at");--> statement-breakpoint
CREATE INDEX "gaps_time" ON "gaps" USING btree ("to_time");--> statement-breakpoint
CREATE INDEX "batches_at" ON "batches" USING btree ("at","seq");--> statement-breakpoint
CREATE INDEX "samples_point_time" ON "samples" USING btree ("point_key","time" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "texts_point_time" ON "texts" USING btree ("point_key","time" DESC NULLS FIRST);