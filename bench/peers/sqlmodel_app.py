"""The specifications' own stack: FastAPI with SQLModel, asynchronous, on asyncpg.

Written as a good FastAPI developer follows the specifications: models, dependencies, response models. What differs from them is what
Docket does, so that both do the same: the token is looked up in the database at every request, a total that PostgreSQL counts rather
than Python, and a row in the audit log beside each change, in its transaction.
"""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timezone
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ids import position_of, uuid7

# The pool of the specifications, for production.
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=20, pool_pre_ping=True, pool_recycle=300)
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def now() -> datetime:
    return datetime.now(timezone.utc)


# --- Models ----------------------------------------------------------------------------------------


Status = Literal["pending", "in_progress", "completed"]
Priority = Literal["low", "medium", "high", "urgent"]


class User(SQLModel, table=True):
    __tablename__ = "users"

    id: UUID = Field(primary_key=True)
    email: str = Field(unique=True, max_length=255)
    name: str = Field(max_length=100)
    is_active: bool = True


class Token(SQLModel, table=True):
    __tablename__ = "tokens"

    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="users.id")
    token_hash: bytes = Field(sa_column=Column(LargeBinary, unique=True))
    scopes: list[str] = Field(sa_column=Column(ARRAY(String)))
    expires_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class TaskBase(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    status: Status = Field(default="pending", sa_type=String)
    priority: Priority = Field(default="medium", sa_type=String)
    due_date: date | None = None
    due_time: str | None = Field(default=None, regex=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")


class Task(TaskBase, table=True):
    __tablename__ = "tasks"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    completed: bool = False
    position: str
    version: int = Field(default=1, sa_type=BigInteger)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    completed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    deleted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class TaskCreate(TaskBase):
    pass


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    status: Status | None = None
    priority: Priority | None = None
    due_date: date | None = None
    due_time: str | None = Field(default=None, regex=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")


class TaskRead(SQLModel):
    id: UUID
    title: str
    description: str | None
    status: str
    completed: bool
    priority: str
    due_date: date | None
    due_time: str | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class TaskList(SQLModel):
    tasks: list[TaskRead]
    total: int
    next_cursor: str | None


class AuditLog(SQLModel, table=True):
    __tablename__ = "audit_logs"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    user_id: UUID
    action: str
    entity_type: str = "task"
    entity_id: str
    old_values: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    new_values: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))


# --- Dependencies ----------------------------------------------------------------------------------


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]
bearer = HTTPBearer(auto_error=False)


async def get_current_user(session: Session, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> User:
    if credentials is None:
        raise HTTPException(401, "Not logged in", headers={"WWW-Authenticate": "Bearer"})
    digest = hashlib.sha256(credentials.credentials.encode()).digest()
    statement = (
        select(User)
        .join(Token, Token.user_id == User.id)
        .where(Token.token_hash == digest, (Token.expires_at.is_(None)) | (Token.expires_at > now()), User.is_active)
    )
    user = (await session.exec(statement)).first()
    if user is None:
        raise HTTPException(401, "Token not accepted", headers={"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


# --- Routes ----------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def ready(session: Session):
    await session.exec(select(1))
    return {}


@app.get("/api/v1/tasks", response_model=TaskList)
async def list_tasks(
    user: CurrentUser,
    session: Session,
    completed: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
):
    own = [Task.user_id == user.id, Task.deleted_at.is_(None)]
    if completed is not None:
        own.append(Task.completed == completed)
    page = select(Task).where(*own).order_by(Task.created_at.desc(), Task.id.desc()).offset(offset).limit(limit)
    tasks = (await session.exec(page)).all()
    total = (await session.exec(select(func.count()).select_from(Task).where(*own))).one()
    more = offset + len(tasks) < total
    return TaskList(tasks=tasks, total=total, next_cursor=str(tasks[-1].id) if more and tasks else None)


async def own_task(session: AsyncSession, user: User, id: UUID, *, lock: bool = False) -> Task:
    statement = select(Task).where(Task.id == id, Task.user_id == user.id, Task.deleted_at.is_(None))
    if lock:
        statement = statement.with_for_update()
    task = (await session.exec(statement)).first()
    if task is None:
        raise HTTPException(404, "Task not found")
    return task


@app.get("/api/v1/tasks/{id}", response_model=TaskRead)
async def get_task(id: UUID, user: CurrentUser, session: Session):
    return await own_task(session, user, id)


LOGGED = ("title", "description", "status", "priority", "due_date", "due_time", "position", "completed_at", "version")


def values(task: Task) -> dict[str, Any]:
    return task.model_dump(mode="json", include=set(LOGGED))


def trimmed(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if name in ("title", "description") and value else value for name, value in data.items()}


@app.post("/api/v1/tasks", response_model=TaskRead, status_code=201)
async def create_task(data: TaskCreate, user: CurrentUser, session: Session, response: Response):
    id, at = uuid7(), now()
    task = Task(id=id, user_id=user.id, position=position_of(id), created_at=at, updated_at=at, **trimmed(data.model_dump()))
    complete(task, at)
    session.add(task)
    new = {name: value for name, value in values(task).items() if value is not None}
    session.add(AuditLog(user_id=user.id, action="add", entity_id=str(id), new_values=new))
    await session.commit()
    response.headers["Location"] = f"/api/v1/tasks/{id}"
    return task


@app.patch("/api/v1/tasks/{id}", response_model=TaskRead)
async def update_task(id: UUID, data: TaskUpdate, user: CurrentUser, session: Session):
    task = await own_task(session, user, id, lock=True)
    before = values(task)
    for name, value in trimmed(data.model_dump(exclude_unset=True)).items():
        setattr(task, name, value)
    if values(task) != before:
        task.updated_at = now()
        complete(task, task.updated_at)
        task.version += 1
        after = values(task)
        old = {name: value for name, value in before.items() if after[name] != value}
        new = {name: value for name, value in after.items() if before[name] != value}
        session.add(task)
        session.add(AuditLog(user_id=user.id, action="edit", entity_id=str(id), old_values=old, new_values=new))
        await session.commit()
    return task


def complete(task: Task, at: datetime) -> None:
    task.completed = task.status == "completed"
    task.completed_at = (task.completed_at or at) if task.completed else None
