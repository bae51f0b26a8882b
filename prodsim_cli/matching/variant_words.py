"""Words for colours, sizes and amounts in many languages, and where they mean something else.

Colours: the eleven basic terms of Berlin and Kay (1969) and grey's neighbours in twelve languages
with their endings, and the English names of paints and cloth that shops use beyond them. No kept
library has them in more than English (webcolors knows the 148 names of CSS). Case-folded.
"""

from __future__ import annotations

from prodsim_cli.text.normalize import squashed


def words(text: str) -> frozenset[str]:
    """A list of words, case-folded as titles are."""
    return frozenset(text.casefold().split())


def column_names(text: str) -> frozenset[str]:
    """A list of names of columns, as :func:`~prodsim_cli.text.normalize.squashed` writes them."""
    return frozenset(map(squashed, text.split()))


COLOURS = words(
    # English: basic terms, then names of cloth and paint
    "red blue green yellow orange pink purple violet brown black white grey gray aqua amber"
    " aquamarine auburn azure beige bronze burgundy camel charcoal chartreuse cobalt amethyst"
    " copper coral cream crimson crystal cyan ecru emerald fuchsia fuschia gold golden graphite"
    " indigo ivory jade khaki lilac magenta maroon mauve navy nude ochre pewter platinum rust"
    " sapphire scarlet sepia silver tan taupe teal terracotta turquoise vermilion multicolor"
    " multicolour multicolored multicoloured multi assorted natural clear transparent"
    # German
    " rot rote roter rotes roten blau blaue blauer blaues blauen grün grüne grüner grünes grünen"
    " gruen gelb gelbe gelber gelbes gelben schwarz schwarze schwarzer schwarzes schwarzen weiß"
    " weiss weiße weißer weißes weißen weisse weisser grau graue grauer graues grauen braun braune"
    " brauner braunes braunen lila violett rosa türkis silber golden dunkelblau hellblau dunkelgrün"
    " hellgrün dunkelgrau hellgrau dunkelrot bunt"
    # French
    " rouge rouges bleu bleue bleus bleues vert verte verts vertes jaune jaunes noir noire noirs"
    " noires blanc blanche blancs blanches gris grise grises marron brun brune violet violette doré"
    " dorée argenté argentée écru"
    # Spanish
    " rojo roja rojos rojas azul azules verde verdes amarillo amarilla amarillos amarillas negro"
    " negra negros negras blanco blanca blancos blancas gris grises marrón morado morada naranja"
    " violeta dorado dorada plateado plateada celeste"
    # Portuguese
    " vermelho vermelha preto preta branco branca amarelo amarela cinza cinzento roxo roxa castanho"
    " dourado prateado"
    # Italian
    " rosso rossa rossi rosse blu azzurro azzurra giallo gialla nero nera bianco bianca grigio"
    " grigia marrone arancione viola argento"
    # Dutch
    " rood rode blauw blauwe groen groene geel gele zwart zwarte wit witte grijs grijze bruin"
    " bruine roze paars paarse oranje goud zilver"
    # Swedish, Danish, Norwegian
    " röd röda rött blå blått grön gröna grönt grøn grønn gul gula gult svart svarta sort vit vita"
    " vitt hvid hvit grå grått brun bruna brunt"
    # Polish
    " czerwony czerwona czerwone niebieski niebieska niebieskie zielony zielona zielone żółty żółta"
    " żółte czarny czarna czarne biały biała białe szary szara szare brązowy różowy różowa"
    # Russian
    " красный красная красное синий синяя синее голубой голубая зелёный зеленый зеленая жёлтый"
    " желтый желтая чёрный черный черная чёрная белый белая белое серый серая коричневый розовый"
    " розовая фиолетовый оранжевый"
    # Japanese and Korean where they stand as words
    " レッド ブルー グリーン イエロー ブラック ホワイト グレー ピンク ブラウン パープル オレンジ"
    " ベージュ ネイビー 黒 白 赤 青 緑 紺"
    " 블랙 화이트 레드 블루 그린 옐로우 그레이 핑크 브라운 베이지 네이비 검정 흰색 빨강 파랑"
    # Chinese where it stands as a word; inside a sentence see COLOUR_CHARACTERS
    " 红 蓝 绿 黄 黑 灰 粉 紫 棕 米白 红色 蓝色 绿色 黄色 黑色 白色 灰色"
)

SHADES = words(
    "light dark pale bright deep dusty pastel hot neon matt matte metallic royal sky baby midnight"
    " hell dunkel hellem claro clara oscuro oscura clair foncé chiaro scuro licht donker ljus mörk"
    " color colour colored coloured colours colors farbe farben couleur color colore kleur färg"
)
"""Belong to a colour that stands beside them, and are no colours by themselves."""

COLOUR_CHARACTERS = (
    r"(?:[深浅淡亮暗鲜正濃薄])?"
    r"(?:酒红|玫红|粉红|大红|枣红|橘红|军绿|墨绿|草绿|果绿|翠绿|藏青|藏蓝|天蓝|宝蓝|湖蓝|米白|乳白"
    r"|银灰|炭灰|土黄|姜黄|香槟|咖啡|卡其|焦糖|驼|[红紅蓝藍绿綠黄黃黑白灰粉紫棕褐橙青银銀金杏米赤茶桃])色"
)
"""A colour in a text without spaces: always with the sign for colour at its end."""

SIZES = words(
    "xxs xs xl xxl xxxl xxxxl 2xl 3xl 4xl 5xl 6xl 2xs 3xs small medium large xlarge xxlarge xsmall"
    " extralarge onesize klein kleine kleiner kleines mittel groß große großer großes gross grosse"
    " petit petite moyen moyenne grand grande pequeño pequeña mediano mediana grande piccolo"
    " piccola medio media pequeno pequena médio grand klein groot liten stor 大号 中号 小号 加大号"
    " 特大号 均码 大碼 中碼 小碼 大 中 小"
)

LETTERS = words("s m l")
"""Sizes only where something sets them apart: at the end, by a sign, beside a colour or a size."""

NO_SIZE_AFTER = words(
    "letter initial initials alphabet vitamin type typ class series model grade version"
)
"""A letter or number after these names the thing."""

SIZE_LABELS = words(
    "size sizes sz größe groesse gr taille talla tamaño taglia maat storlek rozmiar eu uk us"
    " 尺码 サイズ 사이즈 размер"
)
"""Before a number or a letter they say that it is a size."""

SIZE_CHARACTERS = r"(?:特?加?[大中小]|均|[smlx\d]{1,4})(?:[码碼号號](?!线)|サイズ)"

UNITS = (
    r"ml|cl|dl|l|litres?|liters?|litros?|liter|ltr|oz|ounces?|lbs?|pounds?|mg|gr|gm|grams?|grammes?"
    r"|gramos?|g|kg|kgs|kilos?|mm|cms?|mtrs?|metres?|meters?|m|inch(?:es)?|ft|feet|yards?|yds?"
    r"|gb|tb|mb|gallons?|gal|pints?|pt|quarts?|qt"
    r"|мл|л|г|кг|см|мм|м|шт"
    r"|毫升|升|千克|公斤|克|斤|厘米|毫米|米|英寸|寸|片|包|袋|瓶|支|只|个|條|条|双|粒|枚|抽|卷|盒|本|個|入|枚入"
)
PIECES = (
    r"packs?|pks?|pkt|pcs?|pieces?|pce|counts?|ct|cnt"
    r"|units?|pairs?|rolls?|sheets|capsules?|tablets?"
    r"|stück|stk|stueck|pièces?|unités?|unidades|uds?|piezas"
    r"|pezzi|pz|stuks|st|er[ -]?pack|er[ -]?set"
    r"|szt|片装|包装|袋装|瓶装|支装|只装|个装|条装|双装|粒装|枚装|卷装|盒装|本入|個入|枚入り"
)
BUNDLES = r"packs?|sets?|box(?:es)?|bags?|case|lots?|pk|packung|paquete?s?|juego|caja|confezione|s/"
OF = r"of|de|von|da|di|à|a|with|x|mit"

NAMING = words(
    "wine wines tea teas rice bread breads pepper peppers peppercorn bean beans onion onions"
    " cabbage grape grapes chocolate chocolates vinegar sugar beer ale lentil lentils olive olives"
    " pudding mustard corn potato potatoes currant currants chili chilli juice juices cheese flour"
    " eggs meat tuna salmon pork raisins sauce salsa curry mushroom mushrooms pasta quinoa cod fish"
    " rum tequila vermouth coffee honey apples grapefruit tomato tomatoes sesame noise widow friday"
    " panther wein weißwein rotwein tee reis brot pfeffer bohnen zwiebel kohl trauben schokolade"
    " essig zucker bier linsen oliven mehl fleisch saft senf johannisbeeren paprika вино чай рис"
    " хлеб перец шоколад сахар"
)
"""A colour before these, or in a title that ends in one, says what a thing is and not which of its
kinds: red wine is no white wine."""

NAMING_FIRST = words(
    "vin vins thé thés riz pain poivre poivron poivrons haricots oignon oignons chou raisin raisins"
    " chocolat vinaigre sucre bière lentilles olives farine viande jus fromage moutarde"
    " vino vinos té arroz pan pimienta pimiento pimientos alubias frijoles judías cebolla uva uvas"
    " vinagre azúcar cerveza lentejas aceitunas zumo jugo queso harina carne mostaza"
    " riso pane pepe fagioli cipolla cioccolato aceto zucchero birra lenticchie olive farina succo"
    " vinho arroz pão pimenta feijão cebola açúcar cerveja azeitonas"
)
"""The same where a colour stands after its noun, or the title begins with it."""

VESSELS = words(
    "mug mugs cup cups pot pots towel towels glass glasses maker machine grinder tin tins jar jars"
    " caddy kettle spoon spoons press table bottle opener rack cooker container holder cosy light"
    " board box slicer bowl plate kanne tasse becher glas dose"
)
"""After a word for food they are what the title is about: a coffee mug."""

NAMING_CHARACTERS = r"[茶酒糖米豆椒菜薯醋酱面醤紙纸]"

LINKS = words("and und et y e och & in with w mit con the")
"""Left out of what is compared: they stand between two colours in one title only."""

COLOUR_COLUMNS = column_names(
    "color colour colors colours colorname colourname farbe couleur colore cor kleur färg"
    " swatch shade finish 颜色 顏色 色 カラー 색상 цвет"
)
SIZE_COLUMNS = column_names(
    "size sizes sizename größe groesse taille talla tamaño taglia tamanho maat storlek rozmiar"
    " volume weight netweight packsize capacity length width height dimension dimensions quantity"
    " netcontent 尺码 尺寸 规格 容量 サイズ 사이즈 размер"
)
MAKER_COLUMNS = column_names(
    "manufacturer manufacturerid maker vendor vendorid supplier supplierid publisher author artist"
    " designer producer hersteller fabricant fabricante 厂商 制造商"
)

GROUP_COLUMNS = column_names(
    "parentsku parentid parentasin parentproductid parentproduct parentitem parentcode"
    " itemgroupid itemgroup groupid productgroupid variantgroup variantgroupid variantof"
    " variationgroup variationparent stylecode styleid stylenumber styleno mastersku masterid"
    " masterproduct configurablesku basesku baseproduct modelid handle producthandle spu spuid"
    " 父sku 款号 款號 主货号"
)
"""Names of a column that says outright which products are one; letters and digits only."""
