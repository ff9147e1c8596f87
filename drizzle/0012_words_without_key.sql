ALTER TABLE "lead_words" DROP CONSTRAINT "lead_words_tenant_id_lead_id_leads_tenant_id_id_fk";
