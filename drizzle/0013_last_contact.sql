ALTER TABLE "leads" ADD COLUMN "last_contacted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "scheduled_activities" ADD COLUMN "contact_id" text;--> statement-breakpoint
ALTER TABLE "scheduled_activities" ADD COLUMN "held_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "leads_by_contacted" ON "leads" USING btree ("tenant_id",(case when last_contacted_at is null then '-infinity'::timestamptz else last_contacted_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "scheduled_activities_by_contact" ON "scheduled_activities" USING btree ("tenant_id","contact_id") WHERE contact_id is not null;