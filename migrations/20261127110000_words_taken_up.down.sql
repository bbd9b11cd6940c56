-- Nothing is lost: the list of new words grows to 4 MB again.
alter index tasks_search_idx reset (gin_pending_list_limit);
