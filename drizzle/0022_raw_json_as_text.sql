ALTER TABLE "leads" ALTER COLUMN "raw_json" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "opportunities" ALTER COLUMN "raw_json" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "notes" ALTER COLUMN "raw_json" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "scheduled_activities" ALTER COLUMN "raw_json" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "stages" ALTER COLUMN "raw_json" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "referrals" ALTER COLUMN "raw_json" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "companies" ALTER COLUMN "raw_json" SET DATA TYPE json;--> statement-breakpoint
ALTER TABLE "contacts" ALTER COLUMN "raw_json" SET DATA TYPE json;