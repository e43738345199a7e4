"""What the test of the tiers asks of each address that takes something: add a row for a new one.

`ASKED[path]`: concrete addresses that hold what there is to hide, wrong ones among them, so that
the words of errors are searched as well. `{ID:kind}` is the id of the kind's first record of the
marked registry, `{F:kind.field}` the marker of that record's field. `BODIES["METHOD path"]`: bodies
(JSON) for a change by a role that may make it; they must change nothing of the registry.
"""

KINDS = ("hazard", "outcome", "accident", "task", "team", "person", "item", "settlement",
         "administrative_area", "parcel", "project", "fund", "claim", "hazard_cells",
         "released_ground", "unrecorded_hazards", "coverage_gaps")
SOME = ("hazard", "accident", "team", "settlement", "parcel", "fund", "hazard_cells", "nothing")
_TILE = "9/280/185"  # holds the marked registry

ASKED = {
    "/documents": ["/documents"],
    "/documents/plan/{name:str}": ["/documents/plan/nothing", "/documents/plan/nothing?as=exe",
                                   "/documents/plan/spring", "/documents/plan/spring?as=xlsx"],
    "/documents/task": ["/documents/task?task={ID:task}", "/documents/task?task=nothing&as=xlsx",
                        "/documents/task?task={ID:task}&as=xlsx"],
    "/documents/week": ["/documents/week?ending=1903-04-05", "/documents/week?ending=tomorrow",
                        "/documents/week?ending=1903-04-05&as=xlsx"],
    "/documents/donor": ["/documents/donor", "/documents/donor?as=xlsx",
                         "/documents/donor?fund={ID:fund}"],
    "/ogc/collections/{name:str}": [f"/ogc/collections/{k}" for k in SOME],
    "/ogc/collections/{name:str}/queryables": [
        f"/ogc/collections/{k}/queryables" for k in SOME],
    "/ogc/collections/{name:str}/items": [
        *(f"/ogc/collections/{k}/items" for k in (*KINDS, "nothing")),
        "/ogc/collections/hazard/items?bbox=17,44,17.1,44.1",
        "/ogc/collections/hazard/items?bbox=wrong", "/ogc/collections/hazard/items?colour=red",
        "/ogc/collections/settlement/items?name={F:settlement.name}",
        "/ogc/collections/accident/items?narrative=x",
        "/ogc/collections/hazard/items?filter=status IS NOT NULL",
        "/ogc/collections/team/items?filter=name LIKE '%25'",
        "/ogc/collections/fund/items?filter=donor = 'x'",
        "/ogc/collections/hazard_cells/items?filter=cell_m > 0&limit=3",
        *(f"/ogc/collections/{k}/items?sortby=-{f}&limit=1" for k, f in (
            ("hazard", "name"), ("accident", "narrative"), ("team", "name"),
            ("settlement", "population"), ("fund", "amount"), ("hazard_cells", "cell_m"))),
        "/ogc/collections/settlement/items?sortby=name&after=wrong"],
    "/ogc/collections/{name:str}/items.parquet": [
        f"/ogc/collections/{k}/items.parquet" for k in KINDS],
    "/ogc/collections/{name:str}/items.csv": [
        *(f"/ogc/collections/{k}/items.csv" for k in KINDS),
        "/ogc/collections/hazard/items.csv?sortby=-name&status=open",
        "/ogc/collections/hazard_cells/items.csv?sortby=name",
        "/ogc/collections/team/items.csv?filter=name LIKE '%25'"],
    "/ogc/collections/{name:str}/items.xlsx": [
        *(f"/ogc/collections/{k}/items.xlsx" for k in SOME),
        "/ogc/collections/hazard/items.xlsx?colour=red"],
    "/ogc/collections/{name:str}/items/{item_id:path}": [
        *(f"/ogc/collections/{k}/items/{{ID:{k}}}" for k in KINDS[:-4]),
        "/ogc/collections/hazard/items/nothing", "/ogc/collections/hazard_cells/items/1",
        "/ogc/collections/hazard_cells/items/{ID:hazard}"],
    "/tiles/{name:str}/{z:int}/{x:int}/{y:int}": [
        *(f"/tiles/{k}/{_TILE}" for k in SOME), "/tiles/hazard/0/5/5",
        f"/tiles/hazard/{_TILE}?valid_at=2020-01-01", f"/tiles/accident/{_TILE}?known_at=soon",
        f"/tiles/hazard_cells/{_TILE}?known_at=2020-01-01T00:00:00Z"],
    "/api/layers/reach": ["/api/layers/reach", "/api/layers/reach?valid_at=2020-01-01",
                          "/api/layers/reach?known_at=soon"],
    "/api/layers/waiting": ["/api/layers/waiting", "/api/layers/waiting?valid_at=2020-01-01"],
    "/api/layers/contamination": ["/api/layers/contamination",
                                  "/api/layers/contamination?valid_at=2020-01-01"],
    "/tiles/{file:str}": [f"/tiles/{k}.json" for k in SOME],
    "/api/find": ["/api/find", "/api/find?q=a", "/api/find?q=o", "/api/find?q={ID:hazard}",
                  "/api/find?q={F:settlement.name}", "/api/find?q={F:hazard.name}",
                  "/api/find?q={F:task.identifier}", "/api/find?q={ID:team}"],
    "/api/outlines/{record_id:path}": [
        *(f"/api/outlines/{{ID:{k}}}?revision=x" for k in SOME[:-2]),
        "/api/outlines/nothing?revision=x"],
    "/api/records/{record_id:path}": [
        *(f"/api/records/{{ID:{k}}}" for k in SOME[:-2]), "/api/records/nothing"],
    "/api/around/{kind:str}/{record_id:path}": [
        *(f"/api/around/{k}/{{ID:{k}}}" for k in (*KINDS[:-4], "evidence", "activity")),
        "/api/around/hazard/nothing", "/api/around/nothing/nothing",
        "/api/around/team/{ID:hazard}"],
    "/api/evidence/{record_id:path}": [
        "/api/evidence/{ID:hazard}", "/api/evidence/nothing", "/api/evidence/{ID:team}"],
    "/figures": ["/figures", "/figures?valid_at=2020-01-01", "/figures?scope=nowhere",
                 "/figures?known_at=soon", "/figures?level=nobody"],
    "/figures/{figure_id:path}": [
        "/figures/hazardous_m2", "/figures/items_destroyed?start=1", "/figures/nothing",
        "/figures/hazard_count?known_at=2020-01-01"],
    "/api/figures/{figure_id:path}": [
        "/api/figures/hazardous_m2", "/api/figures/accident_count", "/api/figures/nothing"],
    "/openrosa/forms/{file:str}": ["/openrosa/forms/hazard.xml", "/openrosa/forms/nothing.xml"],
    "/openrosa/forms/{name:str}/manifest": ["/openrosa/forms/hazard/manifest"],
    "/openrosa/media/{name:str}/{file:str}": [
        "/openrosa/media/hazard/administrative_areas.csv", "/openrosa/media/daily_report/teams.csv",
        "/openrosa/media/nothing/at_all.csv"],
    "/api/photographs/{sha256:str}": [
        "/api/photographs/nothing", "/api/photographs/{F:source.sha256}"],
    "/validation/record/{record_id:path}": [
        "/validation/record/{ID:hazard}", "/validation/record/{ID:accident}",
        "/validation/record/nothing"],
    "/releases/proposals/{release_id:str}": ["/releases/proposals/release-1"],
    "/releases/{release_id:str}": ["/releases/{ID:handover}", "/releases/nothing"],
    "/releases/{release_id:str}/certificate.pdf": [
        "/releases/{ID:handover}/certificate.pdf", "/releases/nothing/certificate.pdf"],
    "/releases/{release_id:str}/certificate.xlsx": [
        "/releases/{ID:handover}/certificate.xlsx", "/releases/nothing/certificate.xlsx"],
    "/certificate": ["/certificate", "/certificate?code={F:handover.certificate}",
                     "/certificate?code=7K2M-Q9RT-4C", "/certificate?code={ID:handover}"],
    "/api/certificates/{code:str}": [
        "/api/certificates/{F:handover.certificate}", "/api/certificates/7K2M-Q9RT-4C",
        "/api/certificates/{ID:handover}"],
    "/inspection/propose": ["/inspection/propose", "/inspection/propose?task={ID:task}"],
    "/inspection/teams": [f"/inspection/teams?by={b}" for b in (
        "team", "detector", "organisation", "school", "nothing")],
    "/inspection/lots/{lot_id:path}": ["/inspection/lots/{ID:inspection}",
                                       "/inspection/lots/nothing"],
    "/inspection/findings/{record_id:path}": ["/inspection/findings/{ID:inspection}",
                                              "/inspection/findings/nothing"],
    "/complaints": ["/complaints", "/complaints?stands=open", "/complaints?stands=nothing"],
    "/complaints/record/{record_id:path}": ["/complaints/record/{ID:complaint}",
                                            "/complaints/record/nothing"],
    "/teams/{team_id:path}": ["/teams/{ID:team}", "/teams/nothing", "/teams/{ID:team}?day=soon"],
    "/quality": ["/quality?checks=yes"],
    "/quality/findings": [f"/quality/findings?code={c}" for c in ("GEO-301", "GEO-310", "X")],
    "/quality/records": [f"/quality/records?what={w}&kind={k}" for w in (
        "overdue", "without_place", "unsigned") for k in ("hazard", "accident", "task")],
    "/public": [
        "/public", "/public?at=44.10000,17.10000", "/public?at=wrong", "/public?place=Q",
        "/public?place={F:settlement.name}", "/public?field=1&corners=44.1,17.1",
        "/public?field=1&corners=44.1001,17.1001%0A44.1002,17.1001%0A44.1002,17.1003",
        "/public?e=0&n=0&s=50&size=wide&map.x=10&map.y=20", "/public?lang=ar"],
    "/public/map.svg": ["/public/map.svg", "/public/map.svg?e=0&n=0&s=200&size=narrow"],
    "/plans/{name:str}": ["/plans/spring?months=0", "/plans/nothing", "/plans/spring?from=soon"],
    "/plans/{name:str}/map": ["/plans/spring/map", "/plans/nothing/map"],
    "/plans/{name:str}/why": [
        "/plans/spring/why", "/plans/spring/why?one={ID:hazard}&other=nothing"],
    "/plans/{name:str}/what-if": ["/plans/spring/what-if"],
    "/plans/{name:str}/compare": ["/plans/spring/compare", "/plans/spring/compare?with=spring"],
    "/plans/{name:str}/orders": ["/plans/spring/orders"],
    "/api/plans/{name:str}/map": ["/api/plans/spring/map", "/api/plans/nothing/map"],
    "/api/plans/{name:str}/ground": ["/api/plans/spring/ground", "/api/plans/nothing/ground"],
    "/api/plans/{name:str}/files/{file:str}": [
        "/api/plans/spring/files/plan.csv", "/api/plans/spring/files/plan.geojson",
        "/api/plans/spring/files/problem.npz"],
    "/forecasts/{name:str}": [
        "/forecasts/outlook", "/forecasts/outlook?by=2040-01-01&budget=5", "/forecasts/nothing"],
    "/api/forecasts/{name:str}": ["/api/forecasts/outlook", "/api/forecasts/nothing"],
    "/accounts/{name:str}": ["/accounts/one.donor", "/accounts/nobody"],
    "/work/{job_id:str}": ["/work/nothing"],
    "/jobs/{job_id:str}": ["/jobs/nothing"],
    "/jobs/{job_id:str}/result": ["/jobs/nothing/result"],
    "/jobs/{job_id:str}/files/{file:str}": ["/jobs/nothing/files/job.json"],
    "/jobs/{job_id:str}/findings": ["/jobs/nothing/findings?start=5"],
    "/jobs/{job_id:str}/rows": ["/jobs/nothing/rows"],
    "/jobs/{job_id:str}/rows/workbook": ["/jobs/nothing/rows/workbook"],
    "/api/quarantine": ["/api/quarantine", "/api/quarantine?start=1&limit=9000&code=X",
                        "/api/quarantine?file=nothing"],
    "/api/quarantine/workbook": ["/api/quarantine/workbook",
                                 "/api/quarantine/workbook?file=nothing"],
    "/static/{name:path}": ["/static/app.js", "/static/nothing.js"],
    "/schema/{path:str}": ["/schema/openapi.json"],
}
BODIES = {
    "POST /api/quarantine/mend": [
        ("/api/quarantine/mend", {"numbers": [99], "changes": {"name": "x"}}),
        ("/api/quarantine/mend", {"numbers": [], "changes": {}})],
    "POST /api/quarantine/{number:int}/mend": [("/api/quarantine/99/mend", {"changes": {}})],
    "POST /api/quarantine/{number:int}/reject": [
        ("/api/quarantine/99/reject", {"reason": "twice"}),
        ("/api/quarantine/1/reject", {"reason": ""})],
    "POST /api/validation": [
        ("/api/validation", {"level": "checked", "records": ["nothing"]}),
        ("/api/validation", {"level": "checked", "records": []})],
    "POST /api/validation/signed": [("/api/validation/signed", {})],
    "POST /api/releases/proposals": [("/api/releases/proposals", {})],
    "POST /api/releases/proposals/{release_id:str}/answers": [
        ("/api/releases/proposals/release-1/answers", {"answers": {"x": "yes"}})],
    "POST /api/releases/proposals/{release_id:str}/sign": [
        ("/api/releases/proposals/release-1/sign", {})],
    "POST /api/releases/{release_id:str}/revoke": [("/api/releases/release-1/revoke", {})],
    "POST /api/releases/{release_id:str}/handover": [("/api/releases/release-1/handover", {})],
    "POST /api/inspection/lots": [
        ("/api/inspection/lots", {"task": "nothing"}),
        ("/api/inspection/lots", {"task": "nothing", "form": "heap", "unit": "wide"})],
    "POST /api/inspection/draw": [("/api/inspection/draw", {"lot": "nothing"})],
    "POST /api/inspection/results": [
        ("/api/inspection/results", {"lot": "nothing", "day": "2026-01-01", "all_clear": "yes"}),
        ("/api/inspection/results", {"lot": "nothing", "day": "soon"})],
    "POST /api/inspection/acceptance": [("/api/inspection/acceptance", {})],
    "POST /api/inspection/findings": [
        ("/api/inspection/findings", {"finding": "", "severity": "", "kind": "", "day": ""})],
    "POST /api/inspection/visits": [("/api/inspection/visits", {"day": ""})],
    "POST /api/inspection/corrections": [("/api/inspection/corrections", {})],
    "POST /api/complaints/answer": [
        ("/api/complaints/answer", {"record": "nothing", "answer": "The sign stands again."}),
        ("/api/complaints/answer", {"record": "nothing", "answer": "", "day": "soon"})],
    "POST /api/complaints/close": [("/api/complaints/close", {"record": "nothing"})],
    "POST /api/complaints/reopen": [
        ("/api/complaints/reopen", {"record": "nothing", "reason": "twice"})],
    "POST /api/webhooks": [
        ("/api/webhooks", {"url": "http://a.example", "kinds": ["hazard"]}),
        ("/api/webhooks", {"url": "https://a.example", "kinds": ["nothing"]}),
        ("/api/webhooks", {"url": "https://a.example", "kinds": []})],
    "POST /api/webhooks/{name:str}/remove": [("/api/webhooks/none/remove", {})],
    "POST /api/webhooks/{name:str}/wake": [("/api/webhooks/none/wake", {})],
    **{f"POST /api/webhooks/{{name:str}}/{what}": [(f"/api/webhooks/none/{what}", {})]
       for what in ("pause", "test")},
    **{f"POST /api/accounts/{{name:str}}/webhooks/{{hook:str}}/{what}": [
        (f"/api/accounts/one.donor/webhooks/none/{what}", {"password": "x"})]
       for what in ("pause", "remove")},
    "POST /api/keys": [("/api/keys", {"public_key": "x", "password": "x"})],
    "POST /api/keys/vouch": [("/api/keys/vouch", {})],
    "POST /api/keys/revoke": [
        ("/api/keys/revoke", {"person": "nobody", "reason": "x", "password": "x"})],
    "POST /api/import": [("/api/import", {})],
    "POST /api/import/columns": [("/api/import/columns", {})],
    "POST /api/session": [("/api/session", {"name": "nobody", "password": "no password at all"})],
    "POST /public/report/state": [("/public/report/state", {"code": "0" * 16})],
    "POST /api/account/password": [
        ("/api/account/password", {"old": "x", "new": "one", "again": "another"}),
        ("/api/account/password", {"old": "x"})],
    "POST /api/account/end": [("/api/account/end", {"sign": "nothing"})],
    "POST /api/account/tokens": [
        ("/api/account/tokens", {"label": "x", "scope": "read", "days": 1, "password": "x"})],
    # An administrator's token keeps no accounts: `test_web_keeping.py` asks with sessions.
    "POST /api/accounts": [("/api/accounts", {"name": "x", "role": "donor", "password": "x"})],
    **{f"POST /api/accounts/{{name:str}}/{what}": [
        (f"/api/accounts/one.donor/{what}", {"password": "x", **more})] for what, more in (
            ("change", {"role": "administrator"}), ("lock", {}), ("unlock", {}), ("reset", {}),
            ("end", {}), ("tokens", {"label": "x", "scope": "write", "days": 1}))},
    "POST /public/report": [("/public/report", {"what": "something lies here"})],
    # What a job does is what its command does: here it is refused, or its words are wrong.
    "POST /jobs/plan": [("/jobs/plan", {"name": "../x"})],
    "POST /jobs/what-if": [("/jobs/what-if", {})],
    "POST /jobs/price": [("/jobs/price", {"most": 0})],
    "POST /jobs/conflicts": [("/jobs/conflicts", {"plan": "../x"})],
    "POST /jobs/bound": [("/jobs/bound", {"seconds": -1})],
    "POST /jobs/policy": [("/jobs/policy", {"samples": 0})],
    "POST /jobs/pareto": [("/jobs/pareto", {"parts": ["land"]})],
    "POST /jobs/compare": [("/jobs/compare", {"other": "../x"})],
    "POST /jobs/forecast": [("/jobs/forecast", {"name": "../x"})],
    "POST /jobs/claims": [("/jobs/claims", {"claims": ""})],
    "POST /jobs/claims-recorded": [("/jobs/claims-recorded", {"level": "none"})],
    "POST /jobs/map": [("/jobs/map", {"cell": 0}), ("/jobs/map", {"valid_at": "soon"})],
    "POST /jobs/export": [("/jobs/export", {"layout": "none"})],
    "POST /jobs/import": [("/jobs/import", {})],
    "POST /jobs/mend": [("/jobs/mend", {})],
    "POST /jobs/{job_id:str}/rows/workbook": [("/jobs/nothing/rows/workbook", {})],
    "POST /jobs/{job_id:str}/rows/mend": [
        ("/jobs/nothing/rows/mend", {"numbers": [1], "changes": {"name": "x"}})],
    "POST /jobs/{job_id:str}/rows/{number:int}/mend": [
        ("/jobs/nothing/rows/1/mend", {"changes": {}})],
    "POST /jobs/{job_id:str}/stop": [("/jobs/nothing/stop", {})],
    "DELETE /jobs/{job_id:str}": [("/jobs/nothing", None)],
    "POST /api/plans/decisions": [("/api/plans/decisions", {})],
    "POST /api/plans/{name:str}/orders": [("/api/plans/nothing/orders", {})],
    "POST /api/plans/{name:str}/force": [("/api/plans/nothing/force", {})],
    "POST /api/plans/{name:str}/drop": [("/api/plans/nothing/drop", {})],
    "POST /api/forecasts/{name:str}/force": [("/api/forecasts/nothing/force", {})],
    "POST /api/forecasts/{name:str}/drop": [("/api/forecasts/nothing/drop", {})],
    "POST /api/claims/check": [
        ("/api/claims/check", {"metric": "hazardous area", "value": "5", "unit": "km2"})],
    "POST /openrosa/submission": [("/openrosa/submission", {})],
}
# A change that ends what the test itself needs.
LEFT_OUT = {"POST /api/session/end", "POST /api/session/all/end"}
