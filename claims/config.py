"""Settings: ``CLAIMS_*`` variables, then ``claims.toml`` in the data folder, then defaults; and the practice's day.

Only what stands here can name a server: ambient ``PREFECT_*`` and database variables of other programs are not read.
"""

from __future__ import annotations

import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from claims.errors import ConfigError

PREFIX = "CLAIMS_"
DEFAULT_HOME = Path("claims-data")
_PASSWORD = re.compile(r"(?<=://)([^/@]*):([^/]*)@")  # user:password@ of any address; the password may hold an @
_QUERY_SECRET = re.compile(r"((?:password|token|key|secret)=)[^&]*", re.IGNORECASE)

Words = Annotated[tuple[str, ...], NoDecode]


def masked(address: str) -> str:
    """Show an address without its password."""
    return _QUERY_SECRET.sub(r"\1***", _PASSWORD.sub(r"\1:***@", address))


class Settings(BaseSettings):
    """Everything that a practice can decide. Use `load` rather than the constructor: it names mistakes."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)
    secret_fields: ClassVar[frozenset[str]] = frozenset({"database_url", "dask_scheduler", "prefect_api_url"})

    home: Path = Field(DEFAULT_HOME, description="folder for database, stored files, reports and keys")
    database_url: str = Field("", description="SQLAlchemy address; empty: claims.db in home")
    timezone: str = Field("America/New_York", description="the practice's time zone: decides which day it is")
    practice_name: str = Field("Our practice", description="heads reports")
    accept_usage: Words = Field(("P",), description="ISA15 values that may be posted; others are stored and shown")
    our_payees: Words = Field((), description="NPIs or tax ids that are ours; empty: any payee")
    engine: Literal["threads", "dask"] = Field("threads", description="what runs the night's tasks")
    dask_scheduler: str = Field("", description="address of a Dask scheduler, needed for engine dask")
    check: dict[str, Literal["off", "on", "note", "hold", "reject"]] = Field(
        {}, description="rules beyond the guides: off, on, or another severity (docs/check.md)"
    )
    night_cron: str = Field("30 2 * * *", description="when `claims schedule` runs, in the practice's time zone")
    prefect_api_url: str = Field("", description="a running Prefect server; empty: a temporary one")

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("accept_usage", "our_payees", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(word for word in re.split(r"[,\s]+", value) if word) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no time zone {value!r}; write it like America/Chicago") from None
        return value

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.home / 'claims.db'}")
        if self.engine == "dask" and not self.dask_scheduler:
            raise ValueError("engine dask needs dask_scheduler, an address like tcp://127.0.0.1:8786")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: what the caller says, the environment, the file in home."""
        home = Path(init_settings().get("home") or env_settings().get("home") or DEFAULT_HOME).expanduser()
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=home / "claims.toml")

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Keep passwords out of repr, str and tracebacks."""
        return list(self.shown().items())

    def shown(self) -> dict[str, Any]:
        """Give every setting as it may be printed: passwords masked."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: masked(value) if name in self.secret_fields else value for name, value in values.items()}

    @property
    def vault_folder(self) -> Path:
        """Stored files, received and produced."""
        return self.home / "vault"

    @property
    def inbox_folder(self) -> Path:
        """Where a run looks for new files unless told otherwise."""
        return self.home / "inbox"

    @property
    def outbox_folder(self) -> Path:
        """Where files to send are put, and nothing else: whatever lies there may be taken to a partner."""
        return self.home / "outbox"

    @property
    def reports_folder(self) -> Path:
        """Where reports are put unless told otherwise: they hold claim numbers."""
        return self.home / "reports"

    @property
    def appeals_folder(self) -> Path:
        """Packets of appeals, a folder for each case: they hold patient data."""
        return self.home / "appeals"

    @property
    def variances_folder(self) -> Path:
        """Letters to payers about variance cases, a folder for each: they hold patient data."""
        return self.home / "variances"

    @property
    def letters_folder(self) -> Path:
        """The practice's own templates of letters, and below it those for one payer."""
        return self.home / "letters"

    @property
    def code_list_folder(self) -> Path:
        """Code lists with dates, as CSV files."""
        return self.home / "code_lists"

    @property
    def bank_columns_file(self) -> Path:
        """How the practice's bank names the columns of its CSV, if not as we do."""
        return self.home / "bank_columns.csv"

    @property
    def audit_key_file(self) -> Path:
        """The key of the audit chain, readable by its owner only."""
        return self.home / "audit.key"

    @property
    def people_key_file(self) -> Path:
        """The key that second factors are sealed with, readable by its owner only."""
        return self.home / "people.key"

    @property
    def prefect_folder(self) -> Path:
        """Prefect's own database and files."""
        return self.home / "prefect"

    def today(self) -> date:
        """Give the current day in the practice's time zone."""
        return datetime.now(ZoneInfo(self.timezone)).date()


def load(**values: Any) -> Settings:
    """Read the settings; `values` win over the environment and the file. Raise ConfigError on the first mistake."""
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _explained(error) from None
    except ValueError as error:  # claims.toml is not TOML
        raise ConfigError("claims.toml", f"cannot be read, {error}") from None


def unknown_variables() -> list[str]:
    """Name the ``CLAIMS_*`` variables of the environment that no setting reads: probably misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {"CLAIMS_DEBUG"}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _explained(error: ValidationError) -> ConfigError:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"]) or "engine"
    if first["type"] == "extra_forbidden":
        return ConfigError(name, f"unknown; the settings are {', '.join(Settings.model_fields)}")
    source = PREFIX + name.upper() if PREFIX + name.upper() in os.environ else ""
    return ConfigError(name, first["msg"].removeprefix("Value error, "), source)
