-- Every picture is lost.
update users set image = null where image like '/pictures/%';
drop table pictures;
