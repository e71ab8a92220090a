"""The contact form as a careful small site has it: Flask, SQLAlchemy's ORM over psycopg2, served by gunicorn."""

import os
import re

from flask import Flask, jsonify, request
from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Text, create_engine
from sqlalchemy.orm import declarative_base, relationship, sessionmaker

Base = declarative_base()


class Submission(Base):
    __tablename__ = "submissions"
    id = Column(BigInteger, Identity(always=True), primary_key=True)
    form = Column(Text, nullable=False)
    name = Column(Text, nullable=False)
    email = Column(Text, nullable=False)
    message = Column(Text, nullable=False)
    client = Column(Text)
    user_agent = Column(Text)
    jobs = relationship("Job")


class Job(Base):
    __tablename__ = "jobs"
    id = Column(BigInteger, Identity(always=True), primary_key=True)
    kind = Column(Text, nullable=False)
    submission_id = Column(BigInteger, ForeignKey("submissions.id"), nullable=False)


app = Flask(__name__)
engine = create_engine(os.environ["DATABASE_URL"], pool_size=8)
open_session = sessionmaker(engine, expire_on_commit=False)
address = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
fields = ("name", "email", "message")


@app.get("/health")
def health():
    return jsonify(status="ok")


@app.post("/api/contact")
def contact():
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        return jsonify(error="All fields are required"), 400
    name, email, message = (body.get(field) for field in fields)
    if not all(isinstance(value, str) and value.strip() for value in (name, email, message)):
        return jsonify(error="All fields are required"), 400
    if not address.fullmatch(email.strip()):
        return jsonify(error="Enter one e-mail address, such as name@example.com"), 400
    if len(name) > 200 or len(message) > 10_000:
        return jsonify(error="This is too long"), 400
    with open_session.begin() as session:
        session.add(
            Submission(
                form="contact",
                name=name.strip(),
                email=email.strip(),
                message=message,
                client=request.remote_addr,
                user_agent=request.headers.get("User-Agent"),
                jobs=[Job(kind="forms.process")],
            )
        )
    return jsonify(status="ok", message="Form received")
