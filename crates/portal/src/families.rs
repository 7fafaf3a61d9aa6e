//! The families of products: their names for people, and how the navigation groups them.

use domain::Family;

use crate::commands::Text;
use crate::lang::Lang;

use Family::*;

/// The families under one heading of the navigation.
pub(crate) struct Group {
    title: Text,
    pub(crate) families: &'static [Family],
}

impl Group {
    pub(crate) const fn title(&self, lang: Lang) -> &'static str {
        lang.say(self.title.0, self.title.1)
    }
}

const fn group(title: Text, families: &'static [Family]) -> Group {
    Group { title, families }
}

/// All families, each in one group.
pub(crate) const GROUPS: &[Group] = &[
    group(
        ("BPJS", "Social security"),
        &[BpjsKesehatan, BpjsDenda, BpjsKetenagakerjaanBpu, BpjsKetenagakerjaanPu],
    ),
    group(("Listrik", "Electricity"), &[PlnPostpaid, PlnNontaglis]),
    group(("Air dan gas", "Water and gas"), &[Pdam, GasPgas]),
    group(
        ("Telepon dan internet", "Phone and internet"),
        &[TelcoPostpaid, InternetTelkom, InternetNonTelkom],
    ),
    group(("TV", "Television"), &[TvTelkomvision, TvNonTelkomvision]),
    group(("Pajak", "Taxes"), &[Pbb, Esamsat]),
    group(("Keuangan", "Finance"), &[Multifinance, Insurance]),
    group(
        ("Uang elektronik dan persembahan", "E-money and offerings"),
        &[CustomDenom, ChurchOfferingMember, ChurchOfferingNonMember],
    ),
];

/// The family's name for people.
pub(crate) const fn title(family: Family, lang: Lang) -> &'static str {
    match family {
        BpjsKesehatan => "BPJS Kesehatan",
        BpjsDenda => lang.say("BPJS Kesehatan Denda", "BPJS Kesehatan fine"),
        BpjsKetenagakerjaanBpu => "BPJS Ketenagakerjaan BPU",
        BpjsKetenagakerjaanPu => "BPJS Ketenagakerjaan PU",
        ChurchOfferingMember => lang.say("Perpuluhan jemaat", "Church offering, members"),
        ChurchOfferingNonMember => lang.say("Perpuluhan non-jemaat", "Church offering, others"),
        CustomDenom => lang.say("Nominal bebas", "Custom denomination"),
        Esamsat => "e-Samsat",
        GasPgas => "PGN Gas",
        Insurance => lang.say("Asuransi", "Insurance"),
        InternetNonTelkom => lang.say("Internet selain Telkom", "Internet, other than Telkom"),
        InternetTelkom => "Telkom",
        Multifinance => lang.say("Angsuran kredit", "Multifinance"),
        Pbb => "PBB",
        Pdam => "PDAM",
        PlnNontaglis => "PLN Nontaglis",
        PlnPostpaid => lang.say("PLN Pascabayar", "PLN Postpaid"),
        TelcoPostpaid => lang.say("Telepon pascabayar", "Mobile postpaid"),
        TvNonTelkomvision => lang.say("TV selain TelkomVision", "TV, other than TelkomVision"),
        TvTelkomvision => "TelkomVision",
    }
}

/// What is paid there, in a sentence.
pub(crate) const fn summary(family: Family, lang: Lang) -> &'static str {
    match family {
        BpjsKesehatan => lang.say(
            "Iuran jaminan kesehatan. Pelanggan memilih berapa bulan yang dibayar.",
            "Contributions to the national health insurance. The customer chooses how many months.",
        ),
        BpjsDenda => lang.say(
            "Denda pelayanan BPJS Kesehatan atas iuran yang terlambat.",
            "Fines of the national health insurance for late contributions.",
        ),
        BpjsKetenagakerjaanBpu => lang.say(
            "Iuran jaminan sosial pekerja mandiri. Pelanggan memilih berapa bulan yang dibayar.",
            "Social security of the self-employed. The customer chooses how many months.",
        ),
        BpjsKetenagakerjaanPu => lang.say(
            "Iuran jaminan sosial yang dibayar perusahaan untuk pekerjanya.",
            "Social security that a company pays for its employees.",
        ),
        ChurchOfferingMember => lang.say(
            "Persembahan jemaat terdaftar. Nominalnya ditentukan pemberi.",
            "Offerings of registered members. The giver chooses the amount.",
        ),
        ChurchOfferingNonMember => lang.say(
            "Persembahan tanpa keanggotaan. Nominalnya ditentukan pemberi.",
            "Offerings without a membership. The giver chooses the amount.",
        ),
        CustomDenom => lang.say(
            "Isi saldo uang elektronik dengan nominal yang dipilih pelanggan.",
            "Tops up e-money by an amount that the customer chooses.",
        ),
        Esamsat => lang.say(
            "Pajak kendaraan bermotor. Nomor identitas pemilik ikut dikirim.",
            "The tax on vehicles. The request includes the owner's identity number.",
        ),
        GasPgas => lang.say("Tagihan gas Perusahaan Gas Negara.", "Gas bills of the state's gas company."),
        Insurance => lang.say("Premi asuransi.", "Insurance premiums."),
        InternetNonTelkom => lang.say(
            "Internet rumah dari penyedia selain Telkom.",
            "Home internet of providers other than Telkom.",
        ),
        InternetTelkom => lang.say(
            "Telepon rumah dan internet Telkom. Satu transaksi dapat memuat beberapa lembar tagihan.",
            "Telkom's landlines and internet. One transaction may contain several bills.",
        ),
        Multifinance => lang.say("Angsuran kendaraan dan barang.", "Instalments for vehicles and goods."),
        Pbb => lang.say(
            "Pajak bumi dan bangunan. Tahun pajak ikut dikirim.",
            "The tax on land and buildings. The request includes the tax year.",
        ),
        Pdam => lang.say(
            "Tagihan air, satu kode produk untuk tiap perusahaan.",
            "Water bills, one product code for each company.",
        ),
        PlnNontaglis => lang.say(
            "Biaya PLN di luar pemakaian listrik, seperti penyambungan baru.",
            "PLN fees other than usage, such as a new connection.",
        ),
        PlnPostpaid => lang.say(
            "Tagihan listrik. Satu transaksi membayar paling banyak empat lembar, sisanya disebut dalam \
             lembar_tagihan_sisa.",
            "Electricity bills. One transaction pays at most four bills; lembar_tagihan_sisa is \
             the number that remains.",
        ),
        TelcoPostpaid => lang.say("Tagihan telepon seluler.", "Bills of mobile phones."),
        TvNonTelkomvision => lang.say(
            "TV berlangganan selain TelkomVision.",
            "Pay television other than TelkomVision.",
        ),
        TvTelkomvision => lang.say("TV berlangganan TelkomVision.", "Pay television of TelkomVision."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_in_one_group() {
        for family in Family::all() {
            let groups = GROUPS.iter().filter(|group| group.families.contains(&family));
            assert_eq!(groups.count(), 1, "{}", family.name());
        }
    }
}
