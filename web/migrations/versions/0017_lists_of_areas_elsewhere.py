"""lists of areas of other nodes: a number for each that somebody here follows"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "group_numbers",
        sa.Column("number", ID, nullable=False, comment="small, never reused"),
        sa.Column("actor_id", ID, nullable=False, comment="an area elsewhere"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_group_numbers_actor_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_group_numbers")),
        sa.UniqueConstraint("actor_id", name=op.f("uq_group_numbers_actor_id")),
    )
    op.execute(
        "INSERT INTO group_numbers (actor_id) SELECT id FROM actors WHERE type = 'Group' AND origin_id IS NULL"
        " AND EXISTS (SELECT 1 FROM follows WHERE target_id = actors.id) ORDER BY id"
    )
    with op.batch_alter_table("area_lists") as batch_op:
        batch_op.drop_constraint(op.f("fk_area_lists_area_id"), type_="foreignkey")
        batch_op.create_foreign_key(op.f("fk_area_lists_area_id"), "actors", ["area_id"], ["id"])
