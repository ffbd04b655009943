//! How other languages of the trade call what a sheet holds: German, French, Spanish, Italian, Dutch, Portuguese.

use super::field::Field;
use super::kind::Kind;
use super::values::Standing;

/// The headers of a field, as `header::canonical` leaves them.
pub(super) fn headers(field: Field, kind: Kind) -> &'static [&'static str] {
    match field {
        Field::Reference => &[
            "kundennummer",
            "kundennumber",
            "kundennr",
            "debitorennummer",
            "debitorennumber",
            "codeclient",
            "numéroclient",
            "référenceclient",
            "códigocliente",
            "codigocliente",
            "códigodecliente",
            "codicecliente",
            "klantnummer",
            "debiteurnummer",
            "códigodocliente",
        ],
        Field::Name => &[
            "kunde",
            "kundenname",
            "firma",
            "firmenname",
            "nom",
            "nomclient",
            "nomduclient",
            "raisonsociale",
            "société",
            "nombre",
            "cliente",
            "nombredelcliente",
            "razónsocial",
            "nomecliente",
            "ragionesociale",
            "naam",
            "klant",
            "klantnaam",
            "bedrijfsnaam",
            "nomedocliente",
            "razãosocial",
        ],
        Field::Contact => &["kontakt", "kontaktdaten", "contacto", "contatto", "contato"],
        Field::Email => {
            &["emailadresse", "mailadresse", "courriel", "adresseemail", "correoelectrónico", "emailadres"]
        }
        Field::Phone => &[
            "telefon",
            "telefonnummer",
            "telefonnumber",
            "mobil",
            "téléphone",
            "teléfono",
            "telefono",
            "telefoon",
            "telefoonnummer",
            "telefone",
        ],
        Field::Address => {
            &["adresse", "anschrift", "rechnungsadresse", "dirección", "indirizzo", "adres", "endereço"]
        }
        Field::Notes => {
            &["notizen", "bemerkung", "bemerkungen", "remarques", "commentaires", "notas", "opmerkingen"]
        }
        Field::Tags => &[],
        Field::Currency => &["währung", "waehrung", "devise", "moneda", "divisa", "valuta", "moeda"],
        Field::Outstanding => &[
            "offen",
            "offenerbetrag",
            "offenersaldo",
            "saldo",
            "betrag",
            "restbetrag",
            "solde",
            "montant",
            "montantdû",
            "restantdû",
            "importe",
            "importependiente",
            "saldopendiente",
            "monto",
            "montopendiente",
            "importo",
            "importodovuto",
            "bedrag",
            "openstaand",
            "openstaandbedrag",
            "valor",
            "valoremaberto",
        ],
        Field::DueDate => &[
            "fällig",
            "fälligam",
            "faelligam",
            "fälligkeit",
            "faelligkeit",
            "fälligkeitsdatum",
            "faelligkeitsdatum",
            "zahlbarbis",
            "échéance",
            "datedéchéance",
            "vencimiento",
            "fechadevencimiento",
            "fechavencimiento",
            "scadenza",
            "datascadenza",
            "datadiscadenza",
            "vervaldatum",
            "vencimento",
            "datadevencimento",
        ],
        Field::Status => &["zahlungsstatus", "statut", "estado", "stato", "betaalstatus"],
        Field::InvoiceNumber => &[
            "rechnung",
            "rechnungsnummer",
            "rechnungsnumber",
            "rechnungsnr",
            "belegnummer",
            "belegnumber",
            "facture",
            "nfacture",
            "numérodefacture",
            "factura",
            "nfactura",
            "númerodefactura",
            "fattura",
            "numerofattura",
            "factuur",
            "factuurnummer",
            "fatura",
            "númerodafatura",
        ],
        Field::IssueDate => &[
            "rechnungsdatum",
            "belegdatum",
            "datedefacture",
            "datedefacturation",
            "datedémission",
            "fechadefactura",
            "fechadeemisión",
            "datafattura",
            "factuurdatum",
            "datadeemissão",
        ],
        Field::Total => &[
            "rechnungsbetrag",
            "gesamtbetrag",
            "bruttobetrag",
            "betrag",
            "montant",
            "montantttc",
            "montanttotal",
            "importe",
            "importetotal",
            "monto",
            "importo",
            "importototale",
            "totale",
            "bedrag",
            "factuurbedrag",
            "totaalbedrag",
            "valor",
            "valortotal",
        ],
        Field::Terms => &[
            "zahlungsbedingungen",
            "zahlungsziel",
            "conditionsdepaiement",
            "condicionesdepago",
            "betalingstermijn",
        ],
        Field::Memo | Field::Disputed => &[],
        Field::SettledOn => &["bezahltam", "betaaldop"],
        Field::Amount => &[
            "betrag",
            "zahlbetrag",
            "montant",
            "montantpayé",
            "importe",
            "importepagado",
            "monto",
            "importo",
            "importopagato",
            "bedrag",
            "betaaldbedrag",
            "valor",
            "valorpago",
        ],
        Field::ReceivedOn => &[
            "zahlungsdatum",
            "zahlungseingang",
            "eingangsdatum",
            "buchungsdatum",
            "datedepaiement",
            "fechadepago",
            "datapagamento",
            "betaaldatum",
            "datadepagamento",
        ],
        Field::Method => &[
            "zahlungsart",
            "modedepaiement",
            "formadepago",
            "metododipagamento",
            "betaalwijze",
            "formadepagamento",
        ],
        Field::PaymentReference if kind == Kind::Payments => {
            &["verwendungszweck", "zahlungsreferenz", "betalingskenmerk", "causale"]
        }
        Field::PaymentReference => &[],
    }
}

/// What a word in the status column says of a debt.
pub(super) fn standing(word: &str) -> Option<Standing> {
    Some(match word {
        "offen" | "unbezahlt" | "impayé" | "impayée" | "pendiente" | "no pagado" | "da pagare" | "aperto"
        | "openstaand" | "onbetaald" | "pendente" | "em aberto" => Standing::Open,
        "überfällig" | "ueberfaellig" | "en retard" | "vencido" | "vencida" | "scaduto" | "scaduta"
        | "te laat" | "achterstallig" => Standing::Overdue,
        "bezahlt" | "beglichen" | "payé" | "payée" | "réglé" | "réglée" | "pagado" | "pagada" | "pagato"
        | "pagata" | "betaald" | "pago" | "paga" => Standing::Settled,
        _ => return None,
    })
}

/// The number of a month by its name or the usual abbreviation, in lower case; English names are chrono's.
pub(super) fn month(word: &str) -> Option<u32> {
    const MONTHS: [&[&str]; 12] = [
        &["januar", "jänner", "janvier", "janv", "enero", "ene", "gennaio", "gen", "januari", "janeiro"],
        &["februar", "février", "févr", "fév", "febrero", "febbraio", "februari", "fevereiro", "fev"],
        &["märz", "mär", "maerz", "mars", "marzo", "maart", "mrt", "março"],
        &["avril", "avr", "abril", "abr", "aprile"],
        &["mai", "mayo", "maggio", "mag", "mei", "maio"],
        &["juni", "juin", "junio", "giugno", "giu", "junho"],
        &["juli", "juillet", "juil", "julio", "luglio", "lug", "julho"],
        &["août", "agosto", "ago", "augustus"],
        &["sept", "septembre", "septiembre", "settembre", "set", "setembro"],
        &["oktober", "okt", "octobre", "octubre", "ottobre", "ott", "outubro", "out"],
        &["novembre", "noviembre", "novembro"],
        &["dezember", "dez", "décembre", "déc", "diciembre", "dic", "dicembre", "dezembro"],
    ];
    let index = MONTHS.iter().position(|names| names.contains(&word))?;
    u32::try_from(index + 1).ok()
}
