"""The API `synapse`, answered from the team's MySQL database."""

from sqlalchemy import Column, DateTime, Float, Integer, MetaData, String, Table, create_engine, select

# In production the address and the account come from the team's own configuration.
DATABASE = "mysql+pymysql://synapse:synapse@127.0.0.1:3306/synapse"

engine = create_engine(DATABASE, pool_pre_ping=True, pool_recycle=300)
event = Table(
    "event",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(100)),
    Column("category", String(40)),
    Column("severity", Integer),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("started_on", DateTime),
)


def register(service):
    """Called once when a worker starts."""
    service.get("/event/info/all", all_events)
    service.get("/event/info/:id", one_event)


def all_events(req):
    """GET /event/info/all"""
    with engine.connect() as connection:
        rows = connection.execute(select(event).order_by(event.c.started_on.desc(), event.c.id)).mappings().all()
    req.console.info(len(rows), "events from the database")
    return {"data": [document(row) for row in rows]}


def one_event(req):
    """GET /event/info/{id}"""
    with engine.connect() as connection:
        row = connection.execute(select(event).where(event.c.id == int(req.params["id"]))).mappings().first()
    if row is None:
        req.console.warning("no event", req.params["id"])
        return 404, {"message": f"There is no event {req.params['id']}."}
    return {"data": document(row)}


def document(row):
    """A row in the shape of the contract."""
    return {
        "id": row["id"],
        "name": row["name"],
        "category": row["category"],
        "severity": row["severity"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "startedOn": row["started_on"].strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
