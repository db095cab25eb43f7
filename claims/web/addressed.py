"""What an address of a list asks for: words that it is read from and written as, the default ones left out."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claims.errors import UsageError

Code = Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f]*$")]


class Address(BaseModel):
    """The words of an address of a list; `at` is the place in it, `did` what was just done with it: of one visit."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    home: ClassVar[str]

    at: Annotated[str, Field(max_length=400)] = ""
    did: Annotated[str, Field(max_length=2000)] = ""

    @classmethod
    def at_address(cls, address: str) -> Self:
        """Read what an address of the list asks for; raise UsageError for words that it cannot have."""
        try:
            return cls.model_validate(dict(parse_qsl(urlsplit(address).query)))
        except ValidationError:
            raise UsageError("Something in the address of the list is not what a list takes.") from None

    def words(self, **changes: object) -> dict[str, str]:
        """Give it as the words of an address, with changes; what is the default is left out."""
        values = self.model_dump() | {"at": "", "did": ""} | changes
        defaults = {name: one.default for name, one in type(self).model_fields.items()}
        return {name: str(value) for name, value in values.items() if value != defaults[name]}

    def query(self, **changes: object) -> str:
        """Write it as the query of an address."""
        return urlencode(self.words(**changes))

    def address(self, **changes: object) -> str:
        """Write it as an address."""
        query = self.query(**changes)
        return f"{self.home}?{query}" if query else self.home
