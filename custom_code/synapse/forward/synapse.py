"""The API `synapse`, answered by the team's own HTTP API."""

import requests

UPSTREAM = "http://127.0.0.1:5000"
SECONDS = 10

session = requests.Session()


def register(service):
    """Called once when a worker starts."""
    service.get("/mobile/custom/synapse/event/info/all", all_events)
    service.get("/mobile/custom/synapse/event/info/:id", one_event)


def all_events(req):
    """GET /event/info/all"""
    console = req.console
    console.info("all events wanted by", req.user.name)
    answer = session.get(f"{UPSTREAM}/event/info/all", timeout=SECONDS)
    console.fine("the API answered", answer.status_code, "after", answer.elapsed.total_seconds(), "s")
    if answer.status_code != 200:
        console.severe("the API failed with", answer.status_code)
        return 502, {"message": "The event service does not answer."}
    events = answer.json()["data"]
    urgent = [event["name"] for event in events if event["severity"] >= 5]
    if urgent:
        console.warning("urgent:", ", ".join(urgent))
    return {"data": events}


def one_event(req):
    """GET /event/info/{id}"""
    answer = session.get(f"{UPSTREAM}/event/info/{req.params['id']}", timeout=SECONDS)
    if answer.status_code == 404:
        req.console.warning("no event", req.params["id"])
        return 404, {"message": f"There is no event {req.params['id']}."}
    answer.raise_for_status()
    return answer.json()
