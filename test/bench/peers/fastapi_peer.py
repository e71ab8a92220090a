"""The contact form as a careful small site has it: FastAPI with pydantic, asyncpg, served by uvicorn on uvloop."""

import os

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, constr

app = FastAPI()


class Contact(BaseModel):
    name: constr(strip_whitespace=True, min_length=1, max_length=200)
    email: constr(strip_whitespace=True, min_length=1, regex=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$")
    message: constr(strip_whitespace=True, min_length=1, max_length=10_000)


@app.on_event("startup")
async def open_pool():
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=16)


@app.on_event("shutdown")
async def close_pool():
    await app.state.pool.close()


@app.exception_handler(RequestValidationError)
async def refuse(_request: Request, error: RequestValidationError):
    kinds = {each["type"] for each in error.errors()}
    if kinds == {"value_error.str.regex"}:
        return JSONResponse({"error": "Enter one e-mail address, such as name@example.com"}, 400)
    if kinds == {"value_error.any_str.max_length"}:
        return JSONResponse({"error": "This is too long"}, 400)
    return JSONResponse({"error": "All fields are required"}, 400)


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/api/contact")
async def contact(body: Contact, request: Request):
    async with app.state.pool.acquire() as connection, connection.transaction():
        stored = await connection.fetchval(
            "insert into submissions (form, name, email, message, client, user_agent)"
            " values ('contact', $1, $2, $3, $4, $5) returning id",
            body.name,
            body.email,
            body.message,
            request.client.host,
            request.headers.get("user-agent"),
        )
        await connection.execute("insert into jobs (kind, submission_id) values ('forms.process', $1)", stored)
    return {"status": "ok", "message": "Form received"}
