"""
The team's own API about disaster events: Flask, flask-restful and SQLAlchemy.

It is what the team had before the platform; the implementation `forward` passes calls on to it.
`EVENTS_DATABASE` names the database, MySQL in earnest and SQLite on a developer's machine.
An empty database gets the sample events.

    gunicorn --bind 127.0.0.1:5000 events_api:app
"""

import os
from datetime import datetime

from flask import Flask
from flask_restful import Api, Resource
from sqlalchemy import Column, DateTime, Float, Integer, MetaData, String, Table, create_engine, func, insert, select

engine = create_engine(os.environ.get("EVENTS_DATABASE", "sqlite:///events.db"), pool_pre_ping=True)
metadata = MetaData()
event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("category", String(40), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("started_on", DateTime, nullable=False),
)

SAMPLE = [
    ("River flood", "flood", 3, 46.95, 7.45, datetime(2017, 8, 1, 6, 30)),
    ("Forest fire", "fire", 5, 39.07, -8.22, datetime(2017, 6, 17, 14, 0)),
    ("Hurricane Harvey", "storm", 5, 28.05, -96.95, datetime(2017, 8, 25, 22, 0)),
    ("Landslide", "landslide", 4, 46.33, 9.57, datetime(2017, 8, 23, 9, 30)),
    ("Earthquake of Puebla", "earthquake", 5, 18.55, -98.49, datetime(2017, 9, 19, 18, 14)),
]


def prepare():
    """Make the table, and fill it when it is empty."""
    metadata.create_all(engine)
    with engine.begin() as connection:
        if connection.scalar(select(func.count()).select_from(event)) == 0:
            keys = ("name", "category", "severity", "latitude", "longitude", "started_on")
            connection.execute(insert(event), [dict(zip(keys, row, strict=True)) for row in SAMPLE])


class AllEvents(Resource):
    """GET /event/info/all"""

    def get(self):
        """All events, the newest first."""
        with engine.connect() as connection:
            rows = connection.execute(select(event).order_by(event.c.started_on.desc(), event.c.id)).mappings().all()
        return {"data": [document(row) for row in rows]}


class OneEvent(Resource):
    """GET /event/info/<id>"""

    def get(self, number):
        """One event."""
        with engine.connect() as connection:
            row = connection.execute(select(event).where(event.c.id == number)).mappings().first()
        if row is None:
            return {"message": f"There is no event {number}."}, 404
        return {"data": document(row)}


def document(row):
    """A row as the app knows it."""
    return {
        "id": row["id"],
        "name": row["name"],
        "category": row["category"],
        "severity": row["severity"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "startedOn": row["started_on"].strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


app = Flask(__name__)
api = Api(app)
api.add_resource(AllEvents, "/event/info/all")
api.add_resource(OneEvent, "/event/info/<int:number>")
prepare()
