# SPDX-License-Identifier: Apache-2.0
"""Runs migrations on the connection that :mod:`api.database.schema` opened; Alembic executes this file.

The caller's transaction stays in charge: a migration that fails leaves nothing, on SQLite too.
"""

from __future__ import annotations

from alembic import context

from api.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
