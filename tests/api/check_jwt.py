def check(docket): pass
