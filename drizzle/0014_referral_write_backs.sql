ALTER TABLE "write_backs" ADD COLUMN "seen" jsonb;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "seen_tag" text;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "found" jsonb;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "found_tag" text;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "attempted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "next_attempt_at" timestamp with time zone;