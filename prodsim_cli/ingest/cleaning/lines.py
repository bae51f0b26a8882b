"""Lines of services that are sold as if they were products: postage, fees, vouchers."""

from __future__ import annotations

import polars as pl

from prodsim_cli.ingest.cleaning.account import Account
from prodsim_cli.ingest.cleaning.titles import judged_titles

SERVICE_RULE = (
    "service lines are the lines of codes whose commonest title is a word for postage, carriage,"
    " a fee, a discount, a sample, a voucher, bad debt or a correction (or whose code is such a"
    " word and has no title); --keep-services keeps them"
)
_EXAMPLES = 12

# Words that name a service wherever they end a title of few words ("DOTCOM POSTAGE").
_STRONG = (
    r"postage|shipping|freight|bank charges?|bad debts?|gift vouchers?|e-?gift ?cards?|gift "
    r"certificates?"
    r"|(?:delivery|shipping|handling|service|amazon|ebay|paypal|credit card|card|transaction"
    r"|booking|admin(?:istration)?|late"
    r"|cancellation|restocking|insurance|packing|packaging|convenience|processing|setup|membership)"
    r" (?:fees?|charges?|costs?)|shipping (?:and|&) handling|p ?& ?p|commission|adjustment by .*"
    r"|store credit"
    r"|versandkosten|versandkostenpauschale|porto|geschenkgutscheine?|mindermengenzuschlag"
    r"|nachnahmegebühr"
    r"|frais de port|frais de livraison|carte cadeau|chèque cadeau|bon d'achat"
    r"|gastos de env[ií]o|tarjeta regalo|cheque regalo"
    r"|运费|邮费|快递费|运费险|手续费|服务费|补差价|邮费补差|差价补拍|代金券|礼品卡|购物卡|优惠券"
)
# Words that are a service only when the whole title is made of them and of the fillers.
_WEAK = (
    r"carriage|delivery|courier|manual|discounts?|samples?|fees?|charges?|surcharge|handling"
    r"|tips?|gratuity|rounding"
    r"|refunds?|credit|vouchers?|adjust(?:ments?)?|correction|write[- ]?off|deposit|donation|tax"
    r"|vat|insurance|gift ?wrap(?:ping)?"
    r"|versand|rabatt|gutscheine?|muster|gebühr|pfand|trinkgeld|spende"
    r"|livraison|remise|échantillons?|acompte|expédition"
    r"|env[ií]o|descuento|muestras?|propina"
    r"|差价|折扣|样品|小费|押金|定金|税费"
)
_FILLERS = (
    r"next|same|day|express|standard|free|uk|eu|us|usa|international|domestic|overseas|worldwide"
    r"|first|second|class|the|a|of|for"
    r"|and|in|on|to|by|gift|goods|customer|order|orders|sales?|cash|trade|staff|goodwill|bank"
    r"|ebay|amazon|paypal|home|air|sea|post"
)
_TAIL = r"(?:[\W\d_]*|[\W_]*[£$€]?\d[\d.,]*[\W_]*(?:gbp|usd|eur|€|pounds?|euros?)?)$"
_STRONG_TITLE = rf"(?i)^(?:[^\s]+\s+){{0,2}}(?:{_STRONG}){_TAIL}"
_WEAK_TITLE = (
    rf"(?i)^[\W\d_]*(?:(?:{_FILLERS}|{_WEAK})[\W\d_]+)*"
    rf"(?:{_WEAK})(?:[\W\d_]+(?:{_FILLERS}|{_WEAK}))*{_TAIL}"
)
_TEST_TITLE = (
    r"(?i)^(?:this is a )?test (?:product|item|article)\b.{0,10}$|^测试商品$|^testprodukt$"
)
_CODE = (
    r"(?i)^(?:post|postage|ship|shipping|freight|carriage|delivery|bank ?charges?|amazon ?fee|fee"
    r"|fees|discount"
    r"|manual|samples?|gift_?voucher|voucher|adjust(?:ment)?\d*|bad ?debt|commission|refund"
    r"|surcharge|test\d+"
    r"|porto|versand|versandkosten|rabatt|gutschein|运费|邮费|差价|补差价)$"
)


def is_service_title(title: pl.Expr) -> pl.Expr:
    """Boolean: the whole text names a service, not a product ("POSTAGE STAMP SET" does not)."""
    return (
        title.str.contains(_STRONG_TITLE)
        | title.str.contains(_WEAK_TITLE)
        | title.str.contains(_TEST_TITLE)
    ).fill_null(False)


def service_codes(frame: pl.DataFrame) -> pl.DataFrame:
    """The codes that are services: ``frame[sku, title, lines]`` to the same, most lines first.

    A code is judged by its commonest title (a note such as "check" only where there is no other);
    a code without any title by its own word.
    """
    judged = judged_titles(frame)
    service = is_service_title(pl.col("title"))
    best = (
        judged.with_columns(pl.col("rank").sign().alias("voice"))
        .sort(["sku", "voice", "lines", "title"], descending=[False, True, True, False])
        .unique("sku", keep="first", maintain_order=True)
        .select("sku", "title")
    )
    by_sku = frame.group_by("sku").agg(pl.col("lines").cast(pl.Int64).sum())
    found = by_sku.join(best, on="sku", how="left").filter(
        service | (pl.col("title").is_null() & pl.col("sku").str.contains(_CODE))
    )
    return found.select("sku", "title", "lines").sort(["lines", "sku"], descending=[True, False])


def service_note(codes: pl.DataFrame) -> str:
    """The sentence that is printed: the rule, the codes and how many lines."""
    shown = [
        f"{sku} ({title}, {lines:,})" if title else f"{sku} ({lines:,})"
        for sku, title, lines in codes.head(_EXAMPLES).iter_rows()
    ]
    more = f" and {len(codes) - _EXAMPLES} more" if len(codes) > _EXAMPLES else ""
    total = int(codes["lines"].sum())
    return f"{SERVICE_RULE}. {total:,} lines of {len(codes)} codes: {', '.join(shown)}{more}"


def without_services(frame: pl.DataFrame, account: Account, notes: list[str]) -> pl.DataFrame:
    """``frame[sku, title?, ...]`` without the lines of services, which are counted and named."""
    title = pl.col("title") if "title" in frame.columns else pl.lit(None, pl.String)
    codes = service_codes(frame.group_by("sku", title.alias("title")).agg(pl.len().alias("lines")))
    if codes.is_empty():
        return frame
    notes.append(service_note(codes))
    service = frame["sku"].is_in(codes["sku"].implode())
    account.put_aside("service line", int(service.sum()))
    return frame.filter(~service)
