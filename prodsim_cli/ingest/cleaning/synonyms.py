"""What shops call their columns: English and Chinese, some German, French and Spanish.

Words stand here as ``text.normalize.squashed`` writes them: small letters without accents, spaces,
underscores or points. Tiers are in order of trust: a column of an earlier tier
wins over those of later tiers; two columns of one tier are equally good.
"""

from __future__ import annotations

Tiers = tuple[tuple[str, ...], ...]


def _tiers(*lines: str) -> Tiers:
    return tuple(tuple(line.split()) for line in lines)


SKU = _tiers(
    "sku",
    "stockcode productid productcode productsku productno productnumber productkey itemid itemcode"
    " itemsku itemno itemnumber itemkey skuid skucode skuno articleid articlecode articleno"
    " articlenumber asin goodsid goodscode goodsno goodssn produktid produktnummer produktcode"
    " artikelnummer artikelid artikelnr artnr idproduit codeproduit referenceproduit idproducto"
    " codigoproducto productuid movieid bookid trackid songid recipeid gameid appid 商品id"
    " 商品编号 商品编码 商品代码 商品sku 商品号 货号 产品id 产品编号 产品编码 产品代码 物品id"
    " 物品编号 sku编码 sku编号 skuid编号 货品编号 货品id  宝贝id 存货编码 物料编码 单品编码 料号",
    "款号 parentasin parentsku productgroupid modelid variantid variantsku variantcode productmodel"
    " 型号 规格id",
    "id code ref reference key pid iid itemref articleref codigo referencia referenz nummer 编号"
    " 编码 代码",
    "ean gtin upc barcode isbn ean13 handle 条码 条形码",
    "product item article goods artikel produkt produit producto 商品 产品 物品",
)
ROW_KEYS = frozenset(SKU[3]) - {"pid", "iid", "itemref", "articleref"}
"""Names of a catalogue's key that in a file of events number the lines or something else."""

USER = _tiers(
    "userid useruid customerid customerno customernumber customercode customerkey householdid"
    " householdkey visitorid clientid memberid memberno buyerid shopperid personid accountid"
    " reviewerid fullvisitorid userkey customeruniqueid customerref kundennummer kundenid kundennr"
    " idclient numeroclient codeclient idcliente codigocliente idusuario benutzerid  用户id"
    " 用户编号 会员id 会员编号 会员号 会员卡号 客户id 客户编号 客户编码 客户代码 顾客id 顾客编号"
    " 买家id 消费者id",
    "user customer household visitor client member buyer shopper kunde cliente usuario"
    " utilisateur benutzer 用户 会员 客户 顾客 买家 用户名 买家昵称 买家会员名",
    "uid useremail customeremail email emailaddress phone 手机号 邮箱",
    "cookieid deviceid anonymousid sessionid usersession session visitid 会话id",
)

ORDER = _tiers(
    "orderid orderno ordernumber ordercode invoiceno invoiceid invoicenumber basketid"
    " transactionid transactionno receiptid receiptno receiptnumber checkoutid cartid ticketid"
    " billno billid bestellnummer bestellid auftragsnummer rechnungsnummer numerocommande"
    " idcommande numerofacture idpedido numeropedido 订单号 订单id 订单编号 交易号 交易id 交易编号"
    " 小票号 小票编号 流水号 发票号 销售单号",
    "order transaction invoice basket receipt commande facture pedido factura 订单 单号",
    "sessionid usersession session visitid 会话id",
)

AT = _tiers(
    "at timestamp invoicedate eventtime eventtimestamp orderdate ordertime orderdatetime"
    " orderpurchasetimestamp transactiontimestamp transactiondate transactiontime purchasedate"
    " purchasetime purchasedat datetime eventdate eventdatetime tdat unixreviewtime reviewdate"
    " ratedat ratingtimestamp actiontime behaviortime orderedat occurredat invoicedatetime saledate"
    " salesdate transdate clicktime visittime addtime paytime paidat bestelldatum rechnungsdatum"
    " kaufdatum datecommande dateachat fechapedido fechacompra 下单时间 下单日期 订单时间 订单日期"
    " 购买时间 购买日期 交易时间 交易日期 付款时间 支付时间 行为时间 时间戳 销售日期 销售时间"
    " 操作时间 点击时间",
    "date time ts datum zeit fecha hora heure when day 时间 日期",
    "reviewtime createdat creationdate created insertedat 创建时间",
)
OWN_TIMES = frozenset(AT[0]) - {"timestamp"}
"""Names that speak of an event's time; ``date`` or ``created_at`` may stand in a catalogue."""

TYPE = _tiers(
    "eventtype event behavior behaviour behaviortype behaviourtype actiontype eventname interaction"
    " interactiontype activity activitytype useraction ereignis evenement evento"
    " 行为类型 行为 事件类型 事件 操作类型 用户行为 动作",
    "type action transactiontype ordertype status 类型 操作",
)
QUANTITY = _tiers(
    "quantity qty quantityordered units unitssold quantitysold salesquantity orderquantity"
    " numunits itemquantity orderedquantity count pieces menge anzahl stuck quantite cantidad"
    " unidades 数量 购买数量 件数 销量 销售数量 商品数量 个数"
)
PRICE = _tiers(
    "price unitprice priceeach variantprice saleprice sellingprice itemprice productprice"
    " listprice currentprice finalprice priceperunit retailprice actualprice discountedprice"
    " regularprice purchaseprice preis einzelpreis stuckpreis verkaufspreis prix prixunitaire"
    " prixdevente precio preciounitario preciodeventa 价格 单价 售价 商品价格 商品单价 销售价"
    " 销售单价 零售价 现价 成交价 标价 价钱",
    "value msrp rrp cost 原价 市场价",
)
TOTAL = _tiers(
    "salesvalue total linetotal totalprice totalamount amount revenue sales salesamount lineamount"
    " totalvalue grossamount netamount turnover subtotal umsatz betrag gesamtpreis montant"
    " prixtotal chiffreaffaires importe 金额 总价 总额 总金额 销售额 销售金额 实付金额 支付金额"
    " 应付金额 小计"
)
WEIGHT = _tiers("eventweight strength interactionweight eventvalue 权重")
RATING = _tiers(
    "rating ratings stars starrating score overall reviewrating userrating reviewscore bewertung"
    " sterne note calificacion valoracion 评分 打分 星级 用户评分 评价分数"
)
POSITION = _tiers(
    "position sequence seq step index eventindex orderindex sequencenumber rang posicion 序号"
    " 位置 顺序",
    "addtocartorder ordernumberofuser day week weekno dayno timeframe",
)

TITLE = _tiers(
    "title name productname producttitle itemname itemtitle articlename goodsname prodname"
    " displayname productdisplayname skuname stockname bezeichnung produktname artikelname"
    " artikelbezeichnung produktbezeichnung titel titre nom nomproduit nomduproduit libelle titulo"
    " nombre nombreproducto nombredelproducto 商品名称 商品名 商品标题 标题 名称 产品名称 产品名"
    " 产品标题 品名 宝贝标题 宝贝名称 货品名称 存货名称 物品名称",
    "shorttitle longname headline label designation denominacion genericname moviename 简称",
    "product item article artikel produkt produit producto goods 商品 产品",
)
DESCRIPTION = _tiers(
    "description productdescription itemdescription longdescription desc detaildesc details"
    " fulldescription bodyhtml body summary shortdescription descriptionen about"
    " produktbeschreibung beschreibung descripcion descriptif 描述 商品描述 详情 商品详情 产品描述"
    " 产品详情 简介 介绍 说明"
)
BRAND = _tiers(
    "brand brandname brands manufacturer vendor maker marke hersteller marque fabricant marca"
    " fabricante 品牌 商品品牌 品牌名称 厂商 制造商 生产厂家",
    "label author artist publisher brandid 作者",
)
CATEGORY = _tiers(
    "category productcategory commoditydesc categories categoryname categorycode"
    " productcategoryname categorypath productcategories maincategory itemcategory cat kategorie"
    " warengruppe produktkategorie categorie categoria 类目 分类 品类 类别 商品类别 商品分类"
    " 商品类目 产品类别 产品分类 类目名称 分类名称",
    "department productgroup productgroupname departmentname section aisle group genre genres "
    " productline abteilung rayon departamento masterclass mastercategory 部门 大类 一级类目",
    "categoryid productcategoryid catid 类目id 分类id 商品类目id 商品类别id 品类id",
)
KIND = _tiers(
    "producttype type subcategory subcommoditydesc producttypename style articletype garmenttype"
    " subcategoryname subclass class itemtype subtype typ art tipo 子类 小类 中类 二级类目"
    " 三级类目 款式 产品类型"
)
SIZE = _tiers(
    "packagesize size packsize sizename currsizeofproduct colour color colourname flavor flavour"
    " material grosse farbe taille couleur talla tamano 规格 尺寸 尺码 包装规格 颜色 容量 口味"
)
TAGS = _tiers("tags tag keywords keyword labels schlagworte motscles etiquetas 标签 关键词 关键字")
CURRENCY = _tiers("currency currencycode pricecurrency wahrung devise moneda 币种 货币")
IMAGE = _tiers(
    "image imageurl imageurlhighres imageurls images imagelink imagesrc picture pictureurl photo"
    " imurl img imgurl thumbnail mainimage bild bildurl imagen 图片 商品图片 图片链接 主图"
    " 图片地址"
)
URL = _tiers(
    "url link producturl productlink href permalink weburl lien enlace 链接 网址 商品链接 商品网址"
)
LANG = _tiers("lang language languagecode locale sprache langue idioma 语言")
IN_STOCK = _tiers(
    "instock availability available isavailable isinstock stockstatus verfugbar enstock disponible"
    " disponibilite disponibilidad 有货 是否有货 库存状态",
    "stock stockquantity inventory inventoryquantity stocklevel onhand bestand existencias 库存"
    " 库存数量",
)
SOURCE = _tiers("source")

ITEM_FIELDS: dict[str, Tiers] = {
    "sku": SKU,
    "title": TITLE,
    "description": DESCRIPTION,
    "brand": BRAND,
    "category": CATEGORY,
    "tags": TAGS,
    "price": PRICE,
    "currency": CURRENCY,
    "image": IMAGE,
    "url": URL,
    "lang": LANG,
    "in_stock": IN_STOCK,
    "source": SOURCE,
}
EVENT_FIELDS: dict[str, Tiers] = {
    "sku": SKU,
    "user": USER,
    "order_id": ORDER,
    "at": AT,
    "type": TYPE,
    "rating": RATING,
    "quantity": QUANTITY,
    "price": PRICE,
    "total": TOTAL,
    "position": POSITION,
    "weight": WEIGHT,
    "title": TITLE,
    "description": DESCRIPTION,
    "brand": BRAND,
    "category": CATEGORY,
    "tags": TAGS,
    "image": IMAGE,
    "url": URL,
}
ALIASES = {
    "value": "price",
    "order": "order_id",
    "user_id": "user",
    "time": "at",
    "unit_price": "price",
}
"""Other words for fields that ``--map`` accepts."""

EVENT_TYPE_WORDS: dict[str, str] = {
    word: kind
    for kind, words in {
        "view": "view views viewed pv pageview productview detailview viewitem itemview browse"
        " browsed impression visit detail look 浏览 查看 曝光 访问 点击浏览 浏览商品",
        "click": "click clicks clicked clickout select selectitem open 点击 点开",
        "wishlist": "wishlist wish favorite favourite fav favor like liked save saved"
        " addtowishlist addtofavorites collect bookmark 收藏 喜欢 关注 心愿单 加入收藏 点赞",
        "cart": "cart addtocart basket addtobasket addcart cartadd add 加购 加购物车 加入购物车"
        " 购物车 warenkorb panier carrito",
        "purchase": "kaufen kaufte acheter comprar purchase purchases purchased buy bought order"
        " ordered transaction sale sold checkout paid pay payment complete completed invoice"
        " conversion kauf gekauft bestellung achat vente compra venta 购买 下单 支付 付款 成交"
        " 交易 买 已购买 销售 订单",
        "rating": "rating rate rated review reviewed stars bewertung avis valoracion 评分 评价"
        " 评论 打分",
        "return": "return returned refund refunded cancel cancelled canceled cancellation"
        " chargeback storno retoure ruckgabe rucksendung retour remboursement devolucion reembolso"
        " 退货 退款 取消 已退货 已退款 退换货",
    }.items()
    for word in words.split()
}
"""Value of a type column -> event type of the store."""
