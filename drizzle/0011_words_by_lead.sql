DROP INDEX "lead_words_by_lead";--> statement-breakpoint
CREATE INDEX "lead_words_by_lead" ON "lead_words" USING btree ("tenant_id","lead_id","word");