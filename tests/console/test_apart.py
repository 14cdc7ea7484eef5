"""
A page that custom code answers comes from the platform's own address; what it may do in a signed-in member's browser.

Each attack runs twice: as it is answered, and without the header that puts the page apart, where it succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.console.estate import Estate, project
from tests.console.visitor import Visitor

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><title>A picture</title><script>
const tools = '/mobile/tools/1.0';
const json = {'X-OpenMCS-Console': '1', 'Content-Type': 'application/json'};
const refuse = (why) => Promise.reject(new Error(why));
const member = (name) => JSON.stringify({name, role: 'administrator'});
const read = (answer) => answer.ok ? answer.text() : refuse(String(answer.status));
const tries = {
  session: () => fetch(tools + '/session', {credentials: 'include'}).then(read),
  header: () => fetch(tools + '/session', {credentials: 'include', headers: json}).then(read),
  change: () => fetch(tools + '/team', {method: 'POST', credentials: 'include', headers: json, body: member(newcomer)})
    .then(read),
  xhr: () => new Promise((won, lost) => {
    const call = new XMLHttpRequest();
    call.withCredentials = true;
    call.onload = () => call.status < 300 ? won(call.responseText) : lost(new Error(String(call.status)));
    call.onerror = () => lost(new Error('refused'));
    call.open('GET', tools + '/team');
    call.send();
  }),
  stream: () => new Promise((won, lost) => {
    const source = new EventSource(tools + '/live/requests', {withCredentials: true});
    source.onopen = () => won('open');
    source.onerror = () => lost(new Error('refused'));
  }),
  storage: async () => { localStorage.setItem('openmcs-scheme', 'dark'); return localStorage.getItem('openmcs-scheme'); },
  origin: async () => self.origin === 'null' ? refuse('apart') : self.origin,
  frame: () => new Promise((won, lost) => {
    const frame = document.createElement('iframe');
    frame.onload = () => { try { won(frame.contentDocument.location.href); } catch (error) { lost(error); } };
    frame.src = '/console/';
    document.body.append(frame);
  }).then((href) => href.includes('/console') ? href : refuse('an empty frame')),
  form: () => new Promise((won) => {
    const form = document.createElement('form');
    Object.assign(form, {method: 'POST', enctype: 'text/plain', action: tools + '/team', target: 'sink'});
    const sink = document.createElement('iframe');
    sink.name = 'sink';
    const field = document.createElement('input');
    field.name = '{"name": "mallory2", "role": "administrator", "x": "';
    field.value = '"}';
    form.append(field);
    document.body.append(sink, form);
    sink.onload = () => won('sent');
    form.submit();
  }).then(() => refuse('whether it was let in, the team tells')),
};
window.outcome = {};
window.onload = async () => {
  for (const [name, attempt] of Object.entries(tries)) {
    const late = new Promise((_, lost) => setTimeout(() => lost(new Error('no answer')), 5000));
    try { window.outcome[name] = 'won: ' + await Promise.race([attempt(), late]); }
    catch (error) { window.outcome[name] = 'lost: ' + error.message; }
  }
  window.done = true;
};
</script>"""

CODE = f"""
PAGE = {PAGE!r}

def register(service):
    service.get("/picture", page)

def page(req, res):
    res.set("Content-Security-Policy", "sandbox allow-same-origin allow-scripts")
    res.type("text/html")
    res.send(PAGE)
"""


@pytest.fixture(scope="module")
def trap(estate: Estate) -> str:
    """The address of a page that an implementation of the stock answers."""
    api = estate.made("POST", "/apis", json={"name": "trap", "apiDefn": [estate.mock["apiDefn"][0]]})
    files = {"file": ("orders.zip", project(code=CODE))}
    estate.made("POST", f"/apis/{api['id']}/implementations", files=files)
    estate.made("PUT", f"/mobilebackends/{estate.backend['id']}/apis/{api['id']}")
    return f"{estate.server.url}/mobile/custom/trap/picture"


@pytest.fixture
def visitor(chromium: Browser, estate: Estate, session: dict[str, Any]) -> Iterator[Visitor]:
    """The administrator; that the page complains of what it was refused is the point."""
    with Visitor(chromium, estate.server.url, state=session) as opened:
        yield opened


def visit(visitor: Visitor, estate: Estate, trap: str, *, apart: bool) -> dict[str, str]:
    """What each attempt of the page came to, in the browser of the administrator."""
    headers = {
        "Oracle-Mobile-Backend-ID": estate.backend["backendId"],
        "Authorization": f"Basic {estate.backend['anonymousKey']}",
    }

    def with_headers(route: Route) -> None:
        # No navigation can set these by itself; the attack is given every advantage.
        if apart:
            route.continue_(headers={**route.request.headers, **headers})
            return
        answer = route.fetch(headers={**route.request.headers, **headers})
        kept = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        route.fulfill(response=answer, headers=kept)

    visitor.go("/", "Home")
    visitor.page.add_init_script(f"window.newcomer = 'mallory{1 if apart else 3}'")
    visitor.page.route(trap, with_headers)
    visitor.page.goto(trap)
    visitor.page.wait_for_function("window.done")
    found: dict[str, str] = visitor.page.evaluate("window.outcome")
    return found


def members(estate: Estate) -> set[str]:
    """The team's names."""
    listed: list[dict[str, Any]] = estate.made("GET", "/team")["items"]
    return {each["name"] for each in listed}


def test_a_page_of_custom_code_cannot_use_the_members_session(visitor: Visitor, estate: Estate, trap: str) -> None:
    """Nothing it tries succeeds, whatever policy it asks for itself; the session goes on."""
    outcome = visit(visitor, estate, trap, apart=True)
    assert len(outcome) == 9
    assert [each for each in outcome.items() if not each[1].startswith("lost")] == []
    assert members(estate).isdisjoint({"mallory1", "mallory2"})
    visitor.go("/team", "Team")


def test_the_same_page_would_succeed_if_it_were_not_put_apart(visitor: Visitor, estate: Estate, trap: str) -> None:
    """So the attack is a real one; a form cannot set the console's header and is refused all the same."""
    outcome = visit(visitor, estate, trap, apart=False)
    won = {name for name, each in outcome.items() if each.startswith("won")}
    assert won >= {"session", "header", "change", "xhr", "storage", "origin"}
    assert '"name":"root"' in outcome["session"].replace(" ", "")
    assert "mallory3" in members(estate)
    assert "mallory2" not in members(estate)
