ALTER TABLE "pushes" ADD COLUMN "made" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "pushes" ADD COLUMN "seen" text;