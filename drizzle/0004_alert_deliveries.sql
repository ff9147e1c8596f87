CREATE TABLE "alert_deliveries" (
	"alert_id" uuid NOT NULL,
	"notice" text NOT NULL,
	"channel" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "alert_deliveries_alert_id_notice_channel_pk" PRIMARY KEY("alert_id","notice","channel"),
	CONSTRAINT "alert_deliveries_notice" CHECK ("alert_deliveries"."notice" in ('opened', 'recovered')),
	CONSTRAINT "alert_deliveries_channel" CHECK ("alert_deliveries"."channel" in ('email', 'webhook'))
);
--> statement-breakpoint
CREATE TABLE "periodic_tasks" (
	"name" text PRIMARY KEY NOT NULL,
	"taken_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "absent_checks" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "alert_deliveries" ADD CONSTRAINT "alert_deliveries_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alert_deliveries_pending" ON "alert_deliveries" USING btree ("retry_at") WHERE "alert_deliveries"."delivered_at" is null;--> statement-breakpoint
ALTER TABLE "alerts" DROP COLUMN "attempts";