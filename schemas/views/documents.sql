-- Every article acquired, with claims or without; deleted and retracted ones stay, marked so.
-- @document_id  our identity of the article: pmid:…, else pmcid:…, doi:…, text:…
-- @pmid  PubMed id
-- @pmcid  PubMed Central id, with its PMC
-- @doi  digital object identifier, without https://doi.org/
-- @title  title as printed; PubMed's where there is one
-- @journal  journal title
-- @year  year of the issue, else of the electronic publication
-- @publication_types  as the source gives them (PubMed types, JATS article-type)
-- @language  main language of the article, the first that its record names (eng, fre …); NULL: not said
-- @languages  all of them, ISO 639-2 codes as PubMed gives them
-- @licence  licence of the full text (CC BY 4.0 …); NULL: none known, do not redistribute
-- @status  current, retracted, concern, corrected or deleted; also set by another record's notice
-- @has_full_text  whether a body was read, not only an abstract
-- @sources  where it was read from: pubmed, jats, text, jsonl
-- @trial_ids  trial registrations and other accessions that the record names
SELECT document_id, pmid, pmcid, doi, title, journal, year, publication_types, languages[1] AS language, languages, licence,
       status, has_full_text, sources, trial_ids
FROM document_rows
